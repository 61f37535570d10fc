// Forward diffusions, the processes made from them, and scores.

#include "fokker/python/bindings.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/cosine.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/examples.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/langevin.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/registry.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/underdamped.h"
#include "fokker/sde/ve.h"

namespace fokker::python {
namespace {

void bind_base(py::module_& m) {
  py::class_<Marginal>(m, "Marginal", "x_t | x_0 ~ N(alpha x_0, sigma²); unpacks as alpha, sigma.")
      .def_readonly("alpha", &Marginal::alpha)
      .def_readonly("sigma", &Marginal::sigma)
      .def_property_readonly("log_snr_half", &Marginal::lambda, "log(alpha/sigma)")
      .def("__iter__", [](const Marginal& at) { return py::iter(py::make_tuple(at.alpha, at.sigma)); })
      .def("__repr__",
           [](const Marginal& at) { return fmt::format("Marginal(alpha={:.6g}, sigma={:.6g})", at.alpha, at.sigma); });
  py::class_<ScoreArgument>(m, "Score", "∇ log p_t: score(x, t), one time for the whole batch.")
      .def(
          "__call__", [](const ScoreArgument& self, const Tensor& x, double t) { return self.score(x, t); },
          py::arg("x"), py::arg("t"))
      .def_readonly("sample_shape", &ScoreArgument::sample, "Of one sample, where known.");
  py::class_<Sde, std::shared_ptr<Sde>>(m, "Sde", "dx = drift(x, t) dt + diffusion(x, t) dB (Itô)")
      .def_property_readonly("name", &Sde::name)
      .def_property_readonly("noise", [](const Sde& sde) { return std::string(to_string(sde.noise())); })
      .def_property_readonly("calculus",
                             [](const Sde& sde) { return sde.calculus() == Calculus::ito ? "ito" : "stratonovich"; })
      .def(
          "drift", [](const Sde& sde, const Tensor& x, double t) { return sde.drift(x, t); }, py::arg("x"),
          py::arg("t"))
      .def(
          "diffusion", [](const Sde& sde, const Tensor& x, double t) { return sde.diffusion(x, t); }, py::arg("x"),
          py::arg("t"))
      .def("__repr__", [](const Sde& sde) { return "<fokker.Sde " + sde.name() + ">"; });
  py::class_<ForwardSde, Sde, std::shared_ptr<ForwardSde>>(m, "ForwardSde", "From data at t = 0 to a prior at t_max.")
      .def("marginal", &ForwardSde::marginal, py::arg("t"))
      .def_property_readonly("t_min", &ForwardSde::t_min)
      .def_property_readonly("t_max", &ForwardSde::t_max)
      .def_property_readonly("prior_sigma", &ForwardSde::prior_sigma)
      .def("time_of_lambda", &ForwardSde::time_of_lambda, py::arg("value"), "The t at which log(alpha/sigma) = value.");
}

template <class T>
using Forward = py::class_<T, ForwardSde, std::shared_ptr<T>>;

void bind_forward(py::module_& m) {
  const VPConfig vp;
  const auto beta = [](double low, double high) { return VPConfig{low, high}; };
  Forward<VP>(m, "VP", "Variance-preserving: dx = −½ β x dt + √β dB, β linear in t.")
      .def(py::init([beta](double low, double high) { return VP(beta(low, high)); }), py::arg("beta_min") = vp.beta_min,
           py::arg("beta_max") = vp.beta_max);
  Forward<SubVP>(m, "SubVP", "Sub-VP: the drift of VP with less noise, sigma = 1 − alpha².")
      .def(py::init([beta](double low, double high) { return SubVP(beta(low, high)); }),
           py::arg("beta_min") = vp.beta_min, py::arg("beta_max") = vp.beta_max);
  const VEConfig ve;
  Forward<VE>(m, "VE", "Variance-exploding: alpha = 1, sigma geometric in t.")
      .def(py::init([](double low, double high) {
             return VE({low, high});
           }),
           py::arg("sigma_min") = ve.sigma_min, py::arg("sigma_max") = ve.sigma_max);
  const EDMConfig edm;
  Forward<EDM>(m, "EDM", "alpha = 1, sigma = t.")
      .def(py::init([](double low, double high) {
             return EDM({low, high});
           }),
           py::arg("sigma_min") = edm.sigma_min, py::arg("sigma_max") = edm.sigma_max);
  Forward<Cosine>(m, "Cosine", "The cosine schedule in continuous time.").def(py::init());
  Forward<RectifiedFlow>(m, "RectifiedFlow", "alpha = 1 − t, sigma = t: straight lines from data to noise.")
      .def(py::init());
  Forward<TrigonometricFlow>(m, "TrigonometricFlow", "alpha = cos(πt/2), sigma = sin(πt/2).").def(py::init());
  m.def("sde_names", &sde_names, "Kinds that experiment files know.");
}

template <class T>
using Process = py::class_<T, Sde, std::shared_ptr<T>>;

void bind_processes(py::module_& m) {
  const auto moments = [](const auto& sde, double x0, double t) {
    const Moments at = sde.moments(x0, t);
    return py::make_tuple(at.mean, at.variance);
  };
  Process<OrnsteinUhlenbeck>(m, "OrnsteinUhlenbeck", "dx = −theta x dt + sigma dB")
      .def(py::init<double, double>(), py::arg("theta") = 1.0, py::arg("sigma") = 1.0)
      .def(
          "moments", [moments](const OrnsteinUhlenbeck& sde, double x0, double t) { return moments(sde, x0, t); },
          py::arg("x0"), py::arg("t"), "Mean and variance at t.");
  Process<GeometricBrownianMotion>(m, "GeometricBrownianMotion", "dx = mu x dt + sigma x dB")
      .def(py::init<double, double>(), py::arg("mu") = 0.5, py::arg("sigma") = 0.5)
      .def(
          "moments", [moments](const GeometricBrownianMotion& sde, double x0, double t) { return moments(sde, x0, t); },
          py::arg("x0"), py::arg("t"), "Mean and variance at t.");
  Process<DoubleWell>(m, "DoubleWell", "dx = (x − x³) dt + sigma exp(−kappa t) dB")
      .def(py::init<double, double>(), py::arg("sigma") = 1.0, py::arg("kappa") = 0.0);
  Process<ReverseSde>(m, "ReverseSde", "eta = 1: the reverse-time SDE; eta = 0: the probability-flow ODE.")
      .def(py::init([](const ForwardSde& sde, const py::object& score, double eta) {
             return ReverseSde(sde, to_score(score).score, eta);
           }),
           py::arg("sde"), py::arg("score"), py::arg("eta") = 1.0);
  Process<LangevinSde>(m, "LangevinSde", "dx = score(x, time) du + √2 dB in a pseudo-time u.")
      .def(py::init([](const py::object& score, double time) { return LangevinSde(to_score(score).score, time); }),
           py::arg("score"), py::arg("time"));
  Process<UnderdampedLangevin>(m, "UnderdampedLangevin",
                               "dx = v du, dv = (score(x, time) − friction v) du + √(2 friction) dB; states [B, 2, …].")
      .def(py::init([](const py::object& score, double time, double friction) {
             return UnderdampedLangevin(to_score(score).score, time, friction);
           }),
           py::arg("score"), py::arg("time"), py::arg("friction") = 1.0);
}

GaussianMixture make_mixture(std::vector<std::vector<double>> means, const py::object& deviations,
                             std::vector<double> weights) {
  const bool one = PyNumber_Check(deviations.ptr()) != 0 && !py::isinstance<py::sequence>(deviations);
  return {std::move(means), one ? std::vector{deviations.cast<double>()} : deviations.cast<std::vector<double>>(),
          std::move(weights)};
}

void bind_mixture(py::module_& m) {
  py::class_<GaussianMixture>(m, "GaussianMixture",
                              "Σₖ wₖ N(μₖ, sₖ² I): scores and densities are exact under every forward SDE.")
      .def(py::init(&make_mixture), py::arg("means"), py::arg("deviations"), py::arg("weights") = std::vector<double>{})
      .def_static("ring", &GaussianMixture::ring, py::arg("components") = 8, py::arg("radius") = 2.0,
                  py::arg("deviation") = 0.1)
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
          py::arg("sde"), py::arg("t"), "The law at time t.")
      .def("log_density", &GaussianMixture::log_density, py::arg("x"), "log p(x), [B]; differentiable.")
      .def(
          "score",
          [](const GaussianMixture& p, const ForwardSde& sde) {
            return ScoreArgument{.score = p.score(sde), .sample = Shape{p.dimension()}};
          },
          py::arg("sde"), "∇ log p_t under a forward SDE, as a Score.")
      .def(
          "score", [](const GaussianMixture& p, const Tensor& x) { return p.score(x); }, py::arg("x"), "∇ log p(x)")
      .def(
          "sample",
          [](const GaussianMixture& p, std::int64_t n, std::uint64_t seed, Dtype dtype) {
            return p.sample(n, Rng(seed, Stream::data), dtype);
          },
          py::arg("n"), py::arg("seed") = 0, py::arg("dtype") = Dtype::f32);
}

Noise noise_of(const std::string& name) {
  for (const Noise noise : {Noise::none, Noise::additive, Noise::diagonal, Noise::scalar, Noise::general})
    if (name == to_string(noise)) return noise;
  throw ConfigError(
      fmt::format("[sde] expected noise to be none, additive, diagonal, scalar or general, got {}", name));
}

Calculus calculus_of(const std::string& name) {
  require<ConfigError>(name == "ito" || name == "stratonovich",
                       "[sde] expected calculus to be ito or stratonovich, got {}", name);
  return name == "ito" ? Calculus::ito : Calculus::stratonovich;
}

void bind_functions(py::module_& m) {
  Process<FunctionSde>(
      m, "FunctionSde",
      "dx = drift(x, t) dt + diffusion(x, t) dB, given by callables of a Tensor x [n, …] and a float t.\n"
      "Written in fokker's ops they can be differentiated (milstein, to_ito, to_stratonovich).\n"
      "noise: additive, diagonal, scalar (one Brownian motion a sample) or general (diffusion [n, D, M],\n"
      "brownian=M).  calculus: ito or stratonovich.")
      .def(py::init([](const py::object& drift, const py::object& diffusion, const std::string& noise,
                       const std::string& calculus, std::int64_t brownian, const std::string& name) {
             return FunctionSde(
                 to_tensor_function(drift, "drift"), to_tensor_function(diffusion, "diffusion"),
                 {.name = name, .noise = noise_of(noise), .calculus = calculus_of(calculus), .brownian = brownian});
           }),
           py::arg("drift"), py::arg("diffusion"), py::arg("noise") = "additive", py::arg("calculus") = "ito",
           py::arg("brownian") = 0, py::arg("name") = "user SDE");
  m.def(
      "to_ito", [](const Sde& sde) { return std::shared_ptr<Sde>(to_ito(sde)); }, py::arg("sde"),
      "The SDE in Itô's sense with the same solution.");
  m.def(
      "to_stratonovich", [](const Sde& sde) { return std::shared_ptr<Sde>(to_stratonovich(sde)); }, py::arg("sde"),
      "The SDE in Stratonovich's sense with the same solution.");
  m.def("lorenz", &lorenz, py::arg("noise") = 1.0, "The Lorenz system with additive noise, x [n, 3].");
  m.def("lotka_volterra", &lotka_volterra, py::arg("a") = 1.0, py::arg("b") = 1.0, py::arg("c") = 1.0,
        py::arg("noise") = 0.2, "Stochastic Lotka–Volterra, x [n, 2].");
}

}  // namespace

void bind_sde(py::module_& m) {
  bind_base(m);
  bind_forward(m);
  bind_processes(m);
  bind_functions(m);
  bind_mixture(m);
}

}  // namespace fokker::python
