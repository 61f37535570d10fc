#include "fokker/core/base/error.h"
#include "fokker/core/base/parallel.h"
#include "fokker/python/support/bindings.h"
#include "fokker/python/support/description.h"

PYBIND11_MODULE(_fokker, m) {
  namespace py = pybind11;
  using namespace fokker;
  m.doc() = "The C++ side of fokker; import fokker instead.";

  // The translator that is registered last is asked first, so the base comes before what derives from it.
  py::register_exception<Error>(m, "Error", PyExc_RuntimeError);
  py::register_exception<ShapeError>(m, "ShapeError", PyExc_ValueError);
  py::register_exception<ConfigError>(m, "ConfigError", PyExc_ValueError);
  py::register_exception<NumericalError>(m, "NumericalError", PyExc_ArithmeticError);
  py::register_exception<IoError>(m, "IoError", PyExc_OSError);

  // A cast error: an argument inside a dictionary or a list is of another kind than is asked for.
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const py::cast_error& error) {
      PyErr_SetString(PyExc_TypeError, (std::string("[argument] ") + error.what()).c_str());
    }
  });

  python::bind_core(m);
  python::bind_sde(m);
  python::bind_solvers(m);
  python::bind_langevin(m);
  python::bind_orders(m);
  python::bind_score(m);
  python::bind_experiments(m);
  python::bind_guidance(m);
  python::bind_runs(m);
  python::bind_training(m);
  python::bind_applications(m);
  python::bind_comparison(m);
  python::bind_flows(m);
  python::bind_optim(m);
  python::bind_descriptions();
  m.def("thread_count", &thread_count, "Returns the number of workers that sampling and training use.");
  m.def("set_thread_count", &set_thread_count, py::arg("threads"),
        "Sets the number of workers; results do not depend on it.");
}
