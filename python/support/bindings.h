#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "fokker/core/base/tensor.h"
#include "fokker/sde/sde.h"

namespace fokker::python {

namespace py = pybind11;

/// Python's and NumPy's integers.  Arrays also have an `__index__`, which most of them refuse.
inline bool is_integer(const py::handle& object) {
  if (PyLong_Check(object.ptr())) return true;
  if (!PyIndex_Check(object.ptr())) return false;
  const auto value = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!value) PyErr_Clear();
  return static_cast<bool>(value);
}

// One function for each layer, in the file of its name.
void bind_core(py::module_& m);
void bind_sde(py::module_& m);
void bind_function_sdes(py::module_& m);
void bind_mixture(py::module_& m);
void bind_solvers(py::module_& m);
void bind_langevin(py::module_& m);
void bind_orders(py::module_& m);
void bind_score(py::module_& m);
void bind_experiments(py::module_& m);
void bind_runs(py::module_& m);
void bind_training(py::module_& m);
void bind_applications(py::module_& m);
void bind_guidance(py::module_& m);
void bind_comparison(py::module_& m);
void bind_flows(py::module_& m);
void bind_optim(py::module_& m);
void bind_ops(py::module_& m, py::class_<Tensor>& tensor);

/// Makes a tensor of any Python object.  A writable C-contiguous array of float32 or float64 is not copied; everything
/// else that NumPy understands is.  Without `dtype`, arrays of float64 in any byte order become f64.  What f32 holds
/// exactly, or what states no precision, such as a list of Python's floats, becomes f32.  Throws ConfigError, naming
/// `where`, for what is not numbers and for what would lose precision silently.
Tensor to_tensor(const py::object& object, std::optional<Dtype> dtype = {}, const char* where = "tensor");
/// Throws ConfigError, naming `where`, the value and its row, unless all values are finite.
void require_finite(const Tensor& x, const char* where, const char* remedy);
/// The tensor's memory as a writable NumPy array, which keeps it alive.
py::object to_numpy(const Tensor& tensor);

/// A Python object that C++ may copy and drop without the GIL.
using Reference = std::shared_ptr<py::object>;
Reference keep(const py::object& object);
/// The Python objects that a C++ object holds; held.h shows them to the garbage collector.
using References = std::vector<Reference>;

/// A callable of Python, and how messages call it.
struct Callback {
  Reference callable;
  const char* where;
  bool any_dtype = false;  // whether its result keeps its own dtype

  /// Throws ConfigError for what cannot be called.
  Callback(const py::object& object, const char* where);
  /// Calls callable(x, t), in x's dtype, or callable(x) without t.  It gets a copy of x, which it may change, as a
  /// NumPy array or as a tensor on the tape; its result is copied.  It is called with the GIL, with the tape recording,
  /// and with subnormals as NumPy has them.  Throws ConfigError, naming `where`, where it returns no numbers.
  Tensor operator()(const Tensor& x, std::optional<double> t, bool as_tensor = false) const;
  Tensor operator()(const Tensor& x) const { return (*this)(x, {}); }
};

/// A score, and what is known about it.
struct ScoreArgument {
  Score score;
  std::optional<Shape> sample = {};  // shape of one sample
  References references = {};        // Python objects that it was made of
};
/// The score of a network with weights of f32, which throws ShapeError for states of f64.
Score of_network(const Score& score);
/// Makes a score of a C++ score, or of any callable (x, t) → array of x's shape.  The callable is given NumPy arrays
/// and needs the GIL.
ScoreArgument to_score(const py::object& object);

/// Throws NumericalError, naming `where` and the row, where a row of x is finite and its values are not numbers.
void require_numbers(const Tensor& values, const Tensor& x, const char* where);
/// Checks log densities that a callable returned, one for each row of x, and takes them off the tape; −∞ is allowed
/// outside the support.  Throws ShapeError and NumericalError, naming `where`.
Tensor log_densities(const Tensor& values, const Tensor& x, const char* where);

/// A callable (x, t) → Tensor that is given tensors and keeps the tape; `where` names it in messages.
using TensorFunction = Score;
TensorFunction to_tensor_function(const Callback& callback);

}  // namespace fokker::python

namespace pybind11::detail {

/// A shape is a tuple.  Any sequence of integers, or one integer, is accepted.
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

/// A dtype is the name "float32" or "float64".  NumPy's dtypes and types are accepted.
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
