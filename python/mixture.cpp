// Mixtures of normal laws.

#include "fokker/sde/mixture.h"

#include "fokker/python/support/held.h"

namespace fokker::python {
namespace {

GaussianMixture make_mixture(std::vector<std::vector<double>> means, const py::object& deviations,
                             std::vector<double> weights) {
  const bool one = PyNumber_Check(deviations.ptr()) != 0 && !py::isinstance<py::sequence>(deviations);
  return {std::move(means), one ? std::vector{deviations.cast<double>()} : deviations.cast<std::vector<double>>(),
          std::move(weights)};
}

}  // namespace

void bind_mixture(py::module_& m) {
  py::class_<GaussianMixture>(
      m, "GaussianMixture",
      "The mixture Σₖ wₖ N(μₖ, sₖ² I), whose scores and densities are exact under every forward SDE.")
      .def(py::init(&make_mixture), py::arg("means"), py::arg("deviations"), py::arg("weights") = std::vector<double>{})
      .def_static("ring", &GaussianMixture::ring, py::arg("components") = 8, py::arg("radius") = 2.0,
                  py::arg("deviation") = 0.1)
      .def("__reduce__",
           [](const py::object& self) {
             const auto& p = self.cast<const GaussianMixture&>();
             return remade(self, p.means(), p.deviations(), p.weights());
           })
      .def_property_readonly("components", &GaussianMixture::components)
      .def_property_readonly("dimension", &GaussianMixture::dimension)
      .def_property_readonly("mean", &GaussianMixture::mean)
      .def_property_readonly(
          "covariance",
          [](const GaussianMixture& p) {
            return to_numpy(Tensor::from(p.covariance(), {p.dimension(), p.dimension()}, Dtype::f64));
          })
      .def(
          "diffused",
          [](const GaussianMixture& p, const ForwardSde& sde, double t) { return p.diffused(sde.marginal(t)); },
          py::arg("sde"), py::arg("t"), "Returns the law at time t.")
      .def("log_density", &GaussianMixture::log_density, py::arg("x"), "Returns log p(x), [B]; it is differentiable.")
      .def(
          "score",
          [](const GaussianMixture& p, const ForwardSde& sde) {
            return ScoreArgument{.score = p.score(sde), .sample = Shape{p.dimension()}};
          },
          py::arg("sde"), "Returns ∇ log p_t under a forward SDE, as a Score.")
      .def(
          "score", [](const GaussianMixture& p, const Tensor& x) { return p.score(x); }, py::arg("x"),
          "Returns ∇ log p(x).")
      .def(
          "sample",
          [](const GaussianMixture& p, std::int64_t n, std::uint64_t seed, Dtype dtype) {
            return p.sample(n, Rng(seed, Stream::data), dtype);
          },
          py::arg("n"), py::arg("seed") = 0, py::arg("dtype") = Dtype::f32);
}

}  // namespace fokker::python
