// What SDEs and mixtures say of themselves, and when two of them are equal.

#include "fokker/python/support/description.h"

#include <fmt/ranges.h>

#include "fokker/sde/cosine.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/langevin.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/underdamped.h"
#include "fokker/sde/ve.h"

namespace fokker::python {
namespace {

/// Python's own text; a tuple shows its first three entries.
std::string value_text(const py::handle& value) {
  constexpr std::size_t shown = 3;
  if (!py::isinstance<py::tuple>(value)) return py::repr(value).cast<std::string>();
  const auto tuple = py::reinterpret_borrow<py::tuple>(value);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(tuple.size(), shown); ++i) parts.push_back(value_text(tuple[i]));
  if (tuple.size() > shown) parts.push_back(fmt::format("… {} in all", tuple.size()));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

py::dict dictionary(const ParameterList& parameters) {
  py::dict result;
  for (const auto& [name, value] : parameters) result[name] = value;
  return result;
}

template <class T>
py::class_<T> bound() {
  return py::reinterpret_borrow<py::class_<T>>(py::type::of<T>());
}

/// Describes a class whose objects are what their constructor took.
template <class T>
void describe_by(ParameterList (*list)(const T&)) {
  bound<T>()
      .def_property_readonly(
          "parameters", [list](const T& self) { return dictionary(list(self)); },
          "The arguments of the constructor, by name.")
      .def("__repr__",
           [list](const py::object& self) {
             return call_text(py::type::of(self).attr("__name__").cast<std::string>(), list(self.cast<const T&>()));
           })
      .def(
          "__eq__",
          [list](const py::object& self, const py::object& other) -> py::object {
            if (!py::isinstance<T>(other)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
            const bool alike = py::type::of(self).is(py::type::of(other));
            return py::bool_(alike &&
                             dictionary(list(self.cast<const T&>())).equal(dictionary(list(other.cast<const T&>()))));
          },
          py::arg("other"))
      .def("__hash__", [list](const py::object& self) {
        const py::dict parameters = dictionary(list(self.cast<const T&>()));
        return py::hash(py::make_tuple(py::type::of(self), py::tuple(parameters.attr("values")())));
      });
}

template <class T>
ParameterList beta_of(const T& sde) {
  return {{"beta_min", py::float_(sde.config().beta_min)}, {"beta_max", py::float_(sde.config().beta_max)}};
}

template <class T>
ParameterList sigma_of(const T& sde) {
  return {{"sigma_min", py::float_(sde.config().sigma_min)}, {"sigma_max", py::float_(sde.config().sigma_max)}};
}

template <class T>
ParameterList nothing_of(const T&) {
  return {};
}

ParameterList mixture_parameters(const GaussianMixture& mixture) {
  py::tuple means(mixture.means().size());
  for (std::size_t k = 0; k < mixture.means().size(); ++k) means[k] = py::tuple(py::cast(mixture.means()[k]));
  return {{"means", means},
          {"deviations", py::tuple(py::cast(mixture.deviations()))},
          {"weights", py::tuple(py::cast(mixture.weights()))}};
}

void describe_values() {
  describe_by<VP>(&beta_of<VP>);
  describe_by<SubVP>(&beta_of<SubVP>);
  describe_by<VE>(&sigma_of<VE>);
  describe_by<EDM>(&sigma_of<EDM>);
  describe_by<Cosine>(&nothing_of<Cosine>);
  describe_by<RectifiedFlow>(&nothing_of<RectifiedFlow>);
  describe_by<TrigonometricFlow>(&nothing_of<TrigonometricFlow>);
  describe_by<OrnsteinUhlenbeck>([](const OrnsteinUhlenbeck& sde) {
    return ParameterList{{"theta", py::float_(sde.theta())}, {"sigma", py::float_(sde.sigma())}};
  });
  describe_by<GeometricBrownianMotion>([](const GeometricBrownianMotion& sde) {
    return ParameterList{{"mu", py::float_(sde.mu())}, {"sigma", py::float_(sde.sigma())}};
  });
  describe_by<DoubleWell>([](const DoubleWell& sde) {
    return ParameterList{{"sigma", py::float_(sde.sigma())}, {"kappa", py::float_(sde.kappa())}};
  });
  describe_by<GaussianMixture>(&mixture_parameters);
}

/// An object that holds functions is equal to itself alone.
void describe_functions() {
  bound<ReverseSde>().def("__repr__", [](const ReverseSde& sde) {
    const py::object forward = py::cast(std::const_pointer_cast<ForwardSde>(share(sde.forward())));
    return fmt::format("ReverseSde({}, score, eta={})", value_text(forward), sde.eta());
  });
  bound<LangevinSde>().def(
      "__repr__", [](const LangevinSde& sde) { return fmt::format("LangevinSde(score, time={})", sde.time()); });
  bound<UnderdampedLangevin>().def("__repr__", [](const UnderdampedLangevin& sde) {
    return fmt::format("UnderdampedLangevin(score, time={}, friction={})", sde.time(), sde.friction());
  });
  bound<FunctionSde>().def("__repr__", [](const FunctionSde& sde) {
    return fmt::format("FunctionSde(drift, diffusion, noise='{}', calculus='{}', name='{}')", to_string(sde.noise()),
                       sde.calculus() == Calculus::ito ? "ito" : "stratonovich", sde.name());
  });
}

}  // namespace

std::string call_text(const std::string& type, const ParameterList& parameters) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : parameters) parts.push_back(fmt::format("{}={}", name, value_text(value)));
  return fmt::format("{}({})", type, fmt::join(parts, ", "));
}

void bind_descriptions() {
  describe_values();
  describe_functions();
}

}  // namespace fokker::python
