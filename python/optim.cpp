// Optimizers.

#include "fokker/core/optim/optimizer.h"

#include <cmath>

#include "fokker/python/support/bindings.h"

namespace fokker::python {
namespace {

/// Adam over tensors that Python holds as well, with its learning rate.
struct AdamHandle {
  Adam adam;
  double learning_rate;
};

std::vector<NamedParameter> named(std::vector<Tensor>& parameters) {
  std::vector<NamedParameter> result;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    result.push_back({"parameter " + std::to_string(i), &parameters[i], true});
  return result;
}

}  // namespace

void bind_optim(py::module_& m) {
  const AdamConfig defaults;
  py::class_<AdamHandle>(m, "Adam", "Adam, or AdamW with weight decay; it changes the parameters' memory in place.")
      .def(py::init([](std::vector<Tensor> parameters, double learning_rate, double beta1, double beta2,
                       double weight_decay) {
             require<ConfigError>(std::isfinite(learning_rate) && learning_rate >= 0,
                                  "[Adam] expected a learning rate ≥ 0, got {}", learning_rate);
             return AdamHandle{Adam(named(parameters), {.beta1 = beta1, .beta2 = beta2, .weight_decay = weight_decay}),
                               learning_rate};
           }),
           py::arg("parameters"), py::arg("learning_rate") = 1e-3, py::arg("beta1") = defaults.beta1,
           py::arg("beta2") = defaults.beta2, py::arg("weight_decay") = defaults.weight_decay)
      .def_readwrite("learning_rate", &AdamHandle::learning_rate)
      .def_property_readonly("steps", [](const AdamHandle& self) { return self.adam.steps(); })
      .def(
          "step",
          [](AdamHandle& self, const std::vector<Tensor>& gradients, double max_norm) {
            self.adam.step(gradients, self.learning_rate, clip_factor(gradient_norm(gradients), max_norm));
          },
          py::arg("gradients"), py::arg("max_norm") = 0.0,
          "Takes one step by gradients in the order of the parameters, scaled to a norm of at most `max_norm` (0: "
          "unscaled).");
}

}  // namespace fokker::python
