// Networks, and what turns them into scores.

#include <pybind11/stl/filesystem.h>

#include <cmath>
#include <map>
#include <utility>

#include "fokker/core/io/safetensors.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/python/support/description.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/network.h"
#include "fokker/score/parameterization.h"

namespace fokker::python {
namespace {

using Parameters = std::vector<std::pair<std::string, Tensor>>;

Parameters parameters_of(const NetworkHandle& handle) {
  Parameters parameters;
  for (const auto& parameter : handle.built().parameters()) parameters.emplace_back(parameter.name, *parameter.tensor);
  return parameters;
}

using Renames = std::map<std::string, std::string>;

Parameters renamed(Parameters parameters, const Renames& rename) {
  for (auto& [name, tensor] : parameters)
    for (const auto& [before, after] : rename)
      if (const auto at = name.find(before); at != std::string::npos) name.replace(at, before.size(), after);
  return parameters;
}

/// Rounds values of f64 to f32, the dtype of networks.  Throws ConfigError for a value that is too large.
Parameters in_single(Parameters parameters) {
  for (auto& [name, tensor] : parameters) {
    if (tensor.dtype() == Dtype::f32) continue;
    tensor = cast(tensor, Dtype::f32);
    for (const float value : std::as_const(tensor).data<float>())
      require<ConfigError>(std::isfinite(value), "[network] {}: expected finite values of at most 3.4e38, got others",
                           name);
  }
  return parameters;
}

/// One label for all rows, or a label for each; None means no label.
Condition condition(const Tensor& x, const py::object& labels) {
  if (labels.is_none()) return {};
  const auto rows = static_cast<std::size_t>(x.extent(0));
  if (is_integer(labels)) return {.labels = std::vector<std::int64_t>(rows, labels.cast<std::int64_t>())};
  require<ConfigError>(py::isinstance<py::iterable>(labels), "[network] expected integers as labels, got {}",
                       py::repr(labels).cast<std::string>());
  Condition result;
  for (const auto label : labels) {
    require<ConfigError>(is_integer(label), "[network] expected integers as labels, got {}",
                         py::repr(label).cast<std::string>());
    result.labels.push_back(label.cast<std::int64_t>());
  }
  return result;
}

void require_single(const Tensor& x, const char* where) {
  require<ShapeError>(x.dtype() == Dtype::f32,
                      "[{}] expected x of float32, as the network's weights are, got float64; convert it by "
                      ".astype(\"float32\"), and leave out dtype=",
                      where);
}

Tensor times(const Tensor& x, const py::object& time) {
  if (PyFloat_Check(time.ptr()) || is_integer(time)) return Tensor::full({x.extent(0)}, time.cast<double>(), x.dtype());
  const Tensor each = to_tensor(time, x.dtype(), "time");
  require<ShapeError>(each.shape() == Shape{x.extent(0)},
                      "[network] expected a time, or one for each of {} rows, got {}", x.extent(0),
                      to_string(each.shape()));
  return each;
}

/// The kind, with the options that differ from the defaults.
std::string text_of(const NetworkConfig& config) {
  const ConfigNode own = detail::encode(config), usual = detail::encode(NetworkConfig{});
  ParameterList options;
  for (std::size_t i = 0; i < own.keys.size(); ++i)
    if (own.keys[i] != "kind" && detail::value_text(own.items[i]) != detail::value_text(usual.items[i]))
      options.emplace_back(own.keys[i].c_str(), to_object(own.items[i]));
  return options.empty() ? config.kind : call_text(config.kind, options);
}

}  // namespace

Score of_network(const Score& score) {
  return Score::of({&score, 1}, [score](const Tensor& x, double t) {
    require_single(x, "score");
    return score(x, t);
  });
}

void bind_score(py::module_& m) {
  py::class_<NetworkHandle>(m, "Network", "A network, built once the shape of a sample is known.")
      .def(py::init([](const py::dict& config, std::uint64_t seed) {
             return NetworkHandle{from_keywords<NetworkConfig>(config), seed};
           }),
           py::arg("config"), py::arg("seed") = 0)
      .def(
          "build", [](NetworkHandle& self, const Shape& sample) { self.build(sample); }, py::arg("sample"),
          "Makes the weights for samples of a shape, such as (8, 8, 1).")
      .def(
          "__call__",
          [](const NetworkHandle& self, const Tensor& x, const py::object& time, const py::object& labels) {
            const Network& network = self.built();
            require<ShapeError>(x.rank() > 0 && x.shape() == with_axis(self.sample, 0, x.extent(0)),
                                "[network] expected x of n samples {}, got {}", to_string(self.sample),
                                to_string(x.shape()));
            require_single(x, "network");
            return network(x, times(x, time), {.condition = condition(x, labels)});
          },
          py::arg("x"), py::arg("time"), py::arg("labels") = py::none(),
          "Evaluates the network for x [B, …], time labels [B] and class labels [B], or one of each for all.")
      .def_property_readonly(
          "sample", [](const NetworkHandle& self) { return self.built(), self.sample; }, "The shape of one sample.")
      .def_property_readonly("config", [](const NetworkHandle& self) { return to_dictionary(self.config); })
      .def_property_readonly(
          "parameters",
          [](const NetworkHandle& self) {
            py::dict result;
            for (const auto& [name, tensor] : parameters_of(self)) result[py::str(name)] = to_numpy(tensor);
            return result;
          },
          "The weights by name, as NumPy arrays over the network's own memory.")
      .def(
          "leaves",
          [](NetworkHandle& self) {
            std::vector<Tensor> leaves;
            for (const auto& parameter : self.built().trainable_parameters()) {
              if (!parameter.tensor->tracked()) *parameter.tensor = parameter.tensor->leaf();
              leaves.push_back(*parameter.tensor);
            }
            return leaves;
          },
          "Returns the weights as leaves of the tape, over the network's own memory.  fk.grad differentiates later "
          "results of the network by them.")
      .def_property_readonly("parameter_count",
                             [](const NetworkHandle& self) { return self.built().parameter_count(); })
      .def(
          "save",
          [](const NetworkHandle& self, const std::filesystem::path& path) {
            write_safetensors(path, {parameters_of(self), {{"config", dump(self.config)}}});
          },
          py::arg("path"), "Writes the weights as safetensors.")
      .def(
          "load",
          [](NetworkHandle& self, const std::filesystem::path& path, const Renames& rename) {
            load_parameters(self.built(), renamed(in_single(read_safetensors(path).tensors), rename));
          },
          py::arg("path"), py::arg("rename") = Renames{},
          "Reads weights from safetensors; float64 is rounded to float32.  `rename` replaces parts of the file's "
          "names.")
      .def("__reduce__",
           [](const py::object& object) {
             const auto& self = object.cast<const NetworkHandle&>();
             py::dict weights;
             if (self.network)
               for (const auto& [name, tensor] : parameters_of(self)) weights[py::str(name)] = to_numpy(tensor.clone());
             return py::make_tuple(py::module_::import("fokker._pickling").attr("network"),
                                   py::make_tuple(py::type::of(object), to_dictionary(self.config), self.seed,
                                                  self.network ? py::cast(self.sample) : py::none(), weights));
           })
      .def("__repr__", [](const NetworkHandle& self) {
        if (!self.network) return fmt::format("<fokker.Network {}, not built yet>", text_of(self.config));
        return fmt::format("<fokker.Network {}, {} parameters, samples {}>", text_of(self.config),
                           self.network->parameter_count(), to_string(self.sample));
      });
  m.def(
      "network_score",
      [](const NetworkHandle& self, const ForwardSde& sde, const std::string& predicts, double data_sigma,
         const std::string& label, bool scale_input) {
        self.built();
        Parameterization p = prediction(predicts);
        p.data_sigma = data_sigma;
        p.time_label = time_label(label);
        p.scale_input = scale_input;
        return ScoreArgument{.score = of_network(network_score(self.network, sde, p)), .sample = self.sample};
      },
      py::arg("network"), py::arg("sde"), py::arg("prediction") = "epsilon", py::kw_only(), py::arg("data_sigma") = 1.0,
      py::arg("time_label") = "index", py::arg("scale_input") = true,
      "Returns ∇ log p_t from a network that predicts epsilon, x0, v, the score, the velocity of a flow, or EDM's "
      "output.");
}

}  // namespace fokker::python
