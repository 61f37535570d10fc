#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "fokker/core/tensor.h"
#include "fokker/sde/sde.h"

namespace fokker::python {

namespace py = pybind11;

/// Python's and NumPy's integers; arrays also have an `__index__`, which most of them refuse.
inline bool is_integer(const py::handle& object) {
  if (PyLong_Check(object.ptr())) return true;
  if (!PyIndex_Check(object.ptr())) return false;
  const auto value = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!value) PyErr_Clear();
  return static_cast<bool>(value);
}

// One function a layer, each in the file of its name.
void bind_core(py::module_& m);
void bind_sde(py::module_& m);
void bind_solvers(py::module_& m);
void bind_langevin(py::module_& m);
void bind_orders(py::module_& m);
void bind_score(py::module_& m);
void bind_experiments(py::module_& m);
void bind_runs(py::module_& m);
void bind_applications(py::module_& m);
void bind_guidance(py::module_& m);
void bind_comparison(py::module_& m);
void bind_flows(py::module_& m);
void bind_optim(py::module_& m);
void bind_ops(py::module_& m, py::class_<Tensor>& tensor);

/// A tensor over any Python object: no copy of a writable C-contiguous array of float32 or float64; a copy of
/// everything else that NumPy understands, float64 arrays as f64 and the rest as f32 unless `dtype` says otherwise.
Tensor to_tensor(const py::object& object, std::optional<Dtype> dtype = {});
/// The tensor's memory as a writable NumPy array, which keeps it alive.
py::object to_numpy(const Tensor& tensor);

/// A Python object that C++ may copy and drop without the GIL.
std::shared_ptr<py::object> keep_callable(const py::object& object);

/// A score, and what is known about it.
struct ScoreArgument {
  Score score;
  std::optional<Shape> sample = {};  // shape of one sample
  bool python = false;               // calls back into Python
};
/// A C++ score, or any callable (x, t) → array of x's shape, which is given NumPy arrays and needs the GIL.
ScoreArgument to_score(const py::object& object);

/// A callable (x, t) → Tensor that is given tensors and keeps the tape; `where` names it in messages.
using TensorFunction = std::function<Tensor(const Tensor& x, double t)>;
TensorFunction to_tensor_function(const py::object& object, const char* where);

}  // namespace fokker::python

namespace pybind11::detail {

/// A shape is a tuple; any sequence of integers, or one integer, is accepted.
template <>
struct type_caster<fokker::Shape> {
  PYBIND11_TYPE_CASTER(fokker::Shape, const_name("tuple[int, ...]"));
  bool load(handle source, bool) {
    std::vector<std::int64_t> extents;
    if (fokker::python::is_integer(source)) {
      extents.push_back(source.cast<std::int64_t>());
    } else if (isinstance<sequence>(source) && !isinstance<str>(source)) {
      for (const auto item : source.cast<sequence>()) {
        if (!fokker::python::is_integer(item)) return false;
        extents.push_back(item.cast<std::int64_t>());
      }
    } else {
      return false;
    }
    value = fokker::Shape(extents);
    return true;
  }
  static handle cast(const fokker::Shape& shape, return_value_policy, handle) {
    tuple result(static_cast<std::size_t>(shape.rank()));
    for (int i = 0; i < shape.rank(); ++i) result[static_cast<std::size_t>(i)] = shape[i];
    return result.release();
  }
};

/// A dtype is the name "float32" or "float64"; NumPy's dtypes and types are accepted.
template <>
struct type_caster<fokker::Dtype> {
  PYBIND11_TYPE_CASTER(fokker::Dtype, const_name("str"));
  bool load(handle source, bool) {
    object name = reinterpret_borrow<object>(source);
    for (const char* attribute : {"name", "__name__"})
      if (!isinstance<str>(name) && hasattr(name, attribute)) name = name.attr(attribute);
    if (!isinstance<str>(name)) return false;
    const auto text = name.cast<std::string>();
    value = text == "float64" || text == "f64" || text == "float" ? fokker::Dtype::f64 : fokker::Dtype::f32;
    return value == fokker::Dtype::f64 || text == "float32" || text == "f32";
  }
  static handle cast(fokker::Dtype dtype, return_value_policy, handle) {
    return str(dtype == fokker::Dtype::f32 ? "float32" : "float64").release();
  }
};

}  // namespace pybind11::detail
