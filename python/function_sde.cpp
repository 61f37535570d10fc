// SDEs given by functions of Python, and conversions between the calculi.

#include "fokker/sde/function_sde.h"

#include "fokker/python/support/held.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/examples.h"

namespace fokker::python {
namespace {

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

}  // namespace

void bind_function_sdes(py::module_& m) {
  py::class_<FunctionSde, Sde, std::shared_ptr<FunctionSde>>(
      m, "FunctionSde",
      "The SDE dx = drift(x, t) dt + diffusion(x, t) dB of callables of a Tensor x [n, …] and a float t.\n"
      "Callables in fokker's ops can be differentiated (milstein, to_ito, to_stratonovich).\n"
      "noise: additive, diagonal, scalar (one Brownian motion for each sample) or general (diffusion\n"
      "[n, D, M], brownian=M).  calculus: ito or stratonovich.")
      .def(
          py::init([](const py::object& drift, const py::object& diffusion, const std::string& noise,
                      const std::string& calculus, std::int64_t brownian, const std::string& name) {
            const Callback f(drift, "drift"), g(diffusion, "diffusion");
            return made_of(
                {f.callable, g.callable},
                FunctionSde(
                    to_tensor_function(f), to_tensor_function(g),
                    {.name = name, .noise = noise_of(noise), .calculus = calculus_of(calculus), .brownian = brownian}));
          }),
          py::arg("drift"), py::arg("diffusion"), py::arg("noise") = "additive", py::arg("calculus") = "ito",
          py::arg("brownian") = 0, py::arg("name") = "user SDE")
      .def("__reduce__", [](const py::object& self) -> py::object {
        if (const References* parts = references_of_sde(self); parts && parts->size() == 1) return recipe_of(self);
        const auto& sde = self.cast<const FunctionSde&>();
        const std::int64_t brownian = sde.noise() == Noise::general ? sde.noise_shape({1, 1})[1] : 0;
        return remade(self, part_of(self, 0), part_of(self, 1), to_string(sde.noise()),
                      sde.calculus() == Calculus::ito ? "ito" : "stratonovich", brownian, sde.name());
      });
  const auto converted = [](const char* name, auto convert) {
    return [name, convert](const py::object& sde) {
      return std::shared_ptr<Sde>(convert(sde.cast<const Sde&>()).release(), Keeper{{recipe(name, sde)}});
    };
  };
  m.def("to_ito", converted("to_ito", &to_ito), py::arg("sde"),
        "Returns the SDE in Itô's sense that has the same solution.");
  m.def("to_stratonovich", converted("to_stratonovich", &to_stratonovich), py::arg("sde"),
        "Returns the SDE in Stratonovich's sense that has the same solution.");
  m.def(
      "lorenz", [](double noise) { return made_of({recipe("lorenz", noise)}, lorenz(noise)); }, py::arg("noise") = 1.0,
      "Returns the Lorenz system with additive noise, for x [n, 3].");
  m.def(
      "lotka_volterra",
      [](double a, double b, double c, double noise) {
        return made_of({recipe("lotka_volterra", a, b, c, noise)}, lotka_volterra(a, b, c, noise));
      },
      py::arg("a") = 1.0, py::arg("b") = 1.0, py::arg("c") = 1.0, py::arg("noise") = 0.2,
      "Returns the stochastic Lotka–Volterra system, for x [n, 2].");
}

}  // namespace fokker::python
