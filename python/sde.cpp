// Forward diffusions, the processes made from them, and scores.

#include "fokker/python/support/held.h"
#include "fokker/sde/cosine.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/langevin.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/registry.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/underdamped.h"
#include "fokker/sde/ve.h"

namespace fokker::python {
namespace {

References* references_of_score(py::handle self) {
  auto* score = held_by<ScoreArgument>(self);
  return score ? &score->references : nullptr;
}

void bind_base(py::module_& m) {
  py::class_<Marginal>(m, "Marginal", "The law x_t | x_0 ~ N(alpha x_0, sigma²); it unpacks as alpha, sigma.")
      .def(py::init([](double alpha, double sigma) {
             return Marginal{alpha, sigma};
           }),
           py::arg("alpha"), py::arg("sigma"))
      .def("__reduce__",
           [](const py::object& self) {
             const auto& at = self.cast<const Marginal&>();
             return remade(self, at.alpha, at.sigma);
           })
      .def_readonly("alpha", &Marginal::alpha)
      .def_readonly("sigma", &Marginal::sigma)
      .def_property_readonly("log_snr_half", &Marginal::lambda, "log(alpha/sigma)")
      .def("__iter__", [](const Marginal& at) { return py::iter(py::make_tuple(at.alpha, at.sigma)); })
      .def("__repr__",
           [](const Marginal& at) { return fmt::format("Marginal(alpha={:.6g}, sigma={:.6g})", at.alpha, at.sigma); });
  py::class_<ScoreArgument>(m, "Score", "The score ∇ log p_t, called as score(x, t) with one time for the whole batch.",
                            collected<references_of_score>())
      .def(
          "__call__", [](const ScoreArgument& self, const Tensor& x, double t) { return self.score(x, t); },
          py::arg("x"), py::arg("t"))
      .def_readonly("sample_shape", &ScoreArgument::sample, "The shape of one sample, where known.");
  py::class_<Sde, std::shared_ptr<Sde>>(m, "Sde", "The SDE dx = drift(x, t) dt + diffusion(x, t) dB (Itô).",
                                        collected<references_of_sde>())
      .def("__reduce__", &recipe_of)
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
  py::class_<ForwardSde, Sde, std::shared_ptr<ForwardSde>>(m, "ForwardSde",
                                                           "A diffusion from data at t = 0 to a prior at t_max.")
      .def("marginal", &ForwardSde::marginal, py::arg("t"))
      .def_property_readonly("t_min", &ForwardSde::t_min)
      .def_property_readonly("t_max", &ForwardSde::t_max)
      .def_property_readonly("prior_sigma", &ForwardSde::prior_sigma)
      .def("time_of_lambda", &ForwardSde::time_of_lambda, py::arg("value"),
           "Returns the t at which log(alpha/sigma) = value.");
}

template <class T>
py::tuple reduce_beta(const py::object& self) {
  const VPConfig& config = self.cast<const T&>().config();
  return remade(self, config.beta_min, config.beta_max);
}
template <class T>
py::tuple reduce_sigma(const py::object& self) {
  const auto& config = self.cast<const T&>().config();
  return remade(self, config.sigma_min, config.sigma_max);
}
py::tuple reduce_nothing(const py::object& self) { return remade(self); }

template <class T>
using Forward = py::class_<T, ForwardSde, std::shared_ptr<T>>;

void bind_forward(py::module_& m) {
  const VPConfig vp;
  const auto beta = [](double low, double high) { return VPConfig{low, high}; };
  Forward<VP>(m, "VP", "The variance-preserving SDE dx = −½ β x dt + √β dB, with β linear in t.")
      .def(py::init([beta](double low, double high) { return VP(beta(low, high)); }), py::arg("beta_min") = vp.beta_min,
           py::arg("beta_max") = vp.beta_max)
      .def("__reduce__", reduce_beta<VP>);
  Forward<SubVP>(m, "SubVP", "The sub-VP SDE: the drift of VP with less noise, sigma = 1 − alpha².")
      .def(py::init([beta](double low, double high) { return SubVP(beta(low, high)); }),
           py::arg("beta_min") = vp.beta_min, py::arg("beta_max") = vp.beta_max)
      .def("__reduce__", reduce_beta<SubVP>);
  const VEConfig ve;
  Forward<VE>(m, "VE", "The variance-exploding SDE: alpha = 1, sigma geometric in t.")
      .def(py::init([](double low, double high) {
             return VE({low, high});
           }),
           py::arg("sigma_min") = ve.sigma_min, py::arg("sigma_max") = ve.sigma_max)
      .def("__reduce__", reduce_sigma<VE>);
  const EDMConfig edm;
  Forward<EDM>(m, "EDM", "The diffusion of EDM: alpha = 1, sigma = t.")
      .def(py::init([](double low, double high) {
             return EDM({low, high});
           }),
           py::arg("sigma_min") = edm.sigma_min, py::arg("sigma_max") = edm.sigma_max)
      .def("__reduce__", reduce_sigma<EDM>);
  Forward<Cosine>(m, "Cosine", "The cosine schedule in continuous time.")
      .def(py::init())
      .def("__reduce__", reduce_nothing);
  Forward<RectifiedFlow>(m, "RectifiedFlow",
                         "The rectified flow: alpha = 1 − t, sigma = t, straight lines from data to noise.")
      .def(py::init())
      .def("__reduce__", reduce_nothing);
  Forward<TrigonometricFlow>(m, "TrigonometricFlow", "The trigonometric flow: alpha = cos(πt/2), sigma = sin(πt/2).")
      .def(py::init())
      .def("__reduce__", reduce_nothing);
  m.def("sde_names", &sde_names, "Returns the kinds that experiment files know.");
}

template <class T>
using Process = py::class_<T, Sde, std::shared_ptr<T>>;

void bind_processes(py::module_& m) {
  const auto moments = [](const auto& sde, double x0, double t) {
    const Moments at = sde.moments(x0, t);
    return py::make_tuple(at.mean, at.variance);
  };
  Process<OrnsteinUhlenbeck>(m, "OrnsteinUhlenbeck", "The Ornstein–Uhlenbeck process dx = −theta x dt + sigma dB.")
      .def(py::init<double, double>(), py::arg("theta") = 1.0, py::arg("sigma") = 1.0)
      .def(
          "moments", [moments](const OrnsteinUhlenbeck& sde, double x0, double t) { return moments(sde, x0, t); },
          py::arg("x0"), py::arg("t"), "Mean and variance at t.")
      .def("__reduce__", [](const py::object& self) {
        const auto& sde = self.cast<const OrnsteinUhlenbeck&>();
        return remade(self, sde.theta(), sde.sigma());
      });
  Process<GeometricBrownianMotion>(m, "GeometricBrownianMotion", "Geometric Brownian motion dx = mu x dt + sigma x dB.")
      .def(py::init<double, double>(), py::arg("mu") = 0.5, py::arg("sigma") = 0.5)
      .def(
          "moments", [moments](const GeometricBrownianMotion& sde, double x0, double t) { return moments(sde, x0, t); },
          py::arg("x0"), py::arg("t"), "Mean and variance at t.")
      .def("__reduce__", [](const py::object& self) {
        const auto& sde = self.cast<const GeometricBrownianMotion&>();
        return remade(self, sde.mu(), sde.sigma());
      });
  Process<DoubleWell>(m, "DoubleWell", "The double-well process dx = (x − x³) dt + sigma exp(−kappa t) dB.")
      .def(py::init<double, double>(), py::arg("sigma") = 1.0, py::arg("kappa") = 0.0)
      .def("__reduce__", [](const py::object& self) {
        const auto& sde = self.cast<const DoubleWell&>();
        return remade(self, sde.sigma(), sde.kappa());
      });
  Process<ReverseSde>(m, "ReverseSde", "The reverse-time SDE for eta = 1, and the probability-flow ODE for eta = 0.")
      .def(py::init([](const ForwardSde& sde, const py::object& score, double eta) {
             const ScoreArgument argument = to_score(score);
             return made_of(argument.references, ReverseSde(sde, argument.score, eta));
           }),
           py::arg("sde"), py::arg("score"), py::arg("eta") = 1.0)
      .def("__reduce__", [](const py::object& self) {
        const auto& sde = self.cast<const ReverseSde&>();
        const auto forward = std::const_pointer_cast<ForwardSde>(share(sde.forward()));
        return remade(self, forward, part_of(self, 0), sde.eta());
      });
  Process<LangevinSde>(m, "LangevinSde", "The Langevin SDE dx = score(x, time) du + √2 dB in a pseudo-time u.")
      .def(py::init([](const py::object& score, double time) {
             const ScoreArgument argument = to_score(score);
             return made_of(argument.references, LangevinSde(argument.score, time));
           }),
           py::arg("score"), py::arg("time"))
      .def("__reduce__", [](const py::object& self) {
        return remade(self, part_of(self, 0), self.cast<const LangevinSde&>().time());
      });
  Process<UnderdampedLangevin>(m, "UnderdampedLangevin",
                               "The underdamped Langevin SDE dx = v du, dv = (score(x, time) − friction v) du + √(2 "
                               "friction) dB; states are [B, 2, …].")
      .def(py::init([](const py::object& score, double time, double friction) {
             const ScoreArgument argument = to_score(score);
             return made_of(argument.references, UnderdampedLangevin(argument.score, time, friction));
           }),
           py::arg("score"), py::arg("time"), py::arg("friction") = 1.0)
      .def("__reduce__", [](const py::object& self) {
        const auto& sde = self.cast<const UnderdampedLangevin&>();
        return remade(self, part_of(self, 0), sde.time(), sde.friction());
      });
}

}  // namespace

void bind_sde(py::module_& m) {
  bind_base(m);
  bind_forward(m);
  bind_processes(m);
  bind_function_sdes(m);
  bind_mixture(m);
}

}  // namespace fokker::python
