// Between tensors and what Python knows: buffers, NumPy arrays, DLPack, callables.

#include <algorithm>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/python/support/bindings.h"

namespace fokker::python {
namespace {

/// Holds a Python object from C++; the GIL is taken to let it go.
struct Holder {
  py::buffer_info info;

  explicit Holder(py::buffer_info held) : info(std::move(held)) {}
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire gil;
    info = {};
  }
};

bool contiguous(const py::buffer_info& info) {
  py::ssize_t stride = info.itemsize;
  for (py::ssize_t axis = info.ndim - 1; axis >= 0; --axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (info.shape[i] != 1 && info.strides[i] != stride) return false;
    stride *= info.shape[i];
  }
  return true;
}

std::optional<Dtype> dtype_of_format(const std::string& format) {
  if (format == "f" || format == "<f" || format == "=f") return Dtype::f32;
  if (format == "d" || format == "<d" || format == "=d") return Dtype::f64;
  return {};
}

Tensor over_buffer(const py::buffer& buffer, Dtype dtype) {
  auto holder = std::make_shared<Holder>(buffer.request());
  const py::buffer_info& info = holder->info;
  const Shape shape{std::vector<std::int64_t>(info.shape.begin(), info.shape.end())};
  if (info.readonly) return Tensor::over(info.ptr, shape, dtype, holder).clone();
  return Tensor::over(info.ptr, shape, dtype, holder);
}

std::string kind_of(const py::handle& object) { return py::str(py::type::of(object).attr("__name__")); }

/// The object as a NumPy array of numbers.
py::object as_array(const py::object& object, const char* where) {
  py::object array;
  try {
    array = py::module_::import("numpy").attr("asarray")(object);
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError) && !error.matches(PyExc_TypeError)) throw;
    throw ConfigError(fmt::format("[{}] expected an array of numbers, got {}: {}", where, kind_of(object),
                                  py::str(error.value()).cast<std::string>()));
  }
  const auto kind = array.attr("dtype").attr("kind").cast<std::string>();
  require<ConfigError>(kind == "f" || kind == "i" || kind == "u" || kind == "b",
                       "[{}] expected numbers, got {} of dtype {}; convert them to float32 or float64", where,
                       kind_of(object), py::str(array.attr("dtype")).cast<std::string>());
  const bool masked = py::hasattr(object, "mask") && py::hasattr(object, "filled");
  require<ConfigError>(!masked || !object.attr("mask").attr("any")().cast<bool>(),
                       "[{}] expected an array without masked values; fill or remove them", where);
  return array;
}

/// Whether the object, or the first one in the lists that it is made of, states the precision of its values.
bool states_precision(const py::handle& object) {
  if (!PyList_Check(object.ptr()) && !PyTuple_Check(object.ptr()))
    return py::hasattr(object, "dtype") || py::hasattr(object, "__array__") || PyObject_CheckBuffer(object.ptr()) != 0;
  const auto items = py::reinterpret_borrow<py::sequence>(object);
  return items.size() > 0 && states_precision(items[0]);
}

/// The dtype that holds the values of an array exactly; f32 where they state no precision.
Dtype fitting_dtype(const py::object& array, const py::object& object, const char* where) {
  const py::object own = array.attr("dtype");
  const auto name = py::str(own).cast<std::string>();
  const auto kind = own.attr("kind").cast<std::string>();
  const auto size = own.attr("itemsize").cast<std::int64_t>();
  if (kind == "f") {
    if (size <= 4 || !states_precision(object)) return Dtype::f32;
    require<ConfigError>(size == 8, "[{}] expected float32 or float64, got {}, which neither holds; convert it", where,
                         name);
    return Dtype::f64;
  }
  if (size > 2 && array.attr("size").cast<std::int64_t>() > 0) {
    const auto end = [&](const char* which) { return py::int_(array.attr(which)()).cast<double>(); };
    constexpr double most = 1 << 24;  // up to here all integers are f32's
    require<ConfigError>(end("max") <= most && end("min") >= -most,
                         "[{}] expected integers up to 2**24, which float32 holds, got larger ones of {}; convert them "
                         "to float64",
                         where, name);
  }
  return Dtype::f32;
}

/// A C-contiguous NumPy array of f32 or f64 with the values of any object.
py::buffer as_floats(const py::object& object, std::optional<Dtype> dtype, const char* where) {
  const py::object array = as_array(object, where);
  const Dtype target = dtype ? *dtype : fitting_dtype(array, object, where);
  // `order` "C" copies where the array is not contiguous; a scalar keeps rank 0.
  return py::module_::import("numpy").attr("array")(array, py::arg("dtype") = py::cast(target), py::arg("order") = "C");
}

/// Copies a tensor, on the tape where x is.
Tensor copied(const Tensor& x) { return recording() && x.tracked() ? x * 1.0 : x.clone(); }

}  // namespace

Tensor to_tensor(const py::object& object, std::optional<Dtype> dtype, const char* where) {
  if (py::isinstance<Tensor>(object)) {
    const auto& tensor = object.cast<const Tensor&>();
    return dtype && *dtype != tensor.dtype() ? cast(tensor, *dtype) : tensor;
  }
  if (PyFloat_CheckExact(object.ptr()) || PyLong_CheckExact(object.ptr()))
    return Tensor::scalar(object.cast<double>(), dtype.value_or(Dtype::f32));
  if (PyObject_CheckBuffer(object.ptr()) && !py::hasattr(object, "mask")) {
    const auto buffer = py::reinterpret_borrow<py::buffer>(object);
    const py::buffer_info info = buffer.request();
    const auto own = dtype_of_format(info.format);
    if (own && dtype.value_or(*own) == *own && contiguous(info)) return over_buffer(buffer, *own);
  }
  const py::buffer floats = as_floats(object, dtype, where);
  return over_buffer(floats, *dtype_of_format(floats.request().format));
}

void require_finite(const Tensor& x, const char* where, const char* remedy) {
  visit(x.dtype(), [&]<class T>(T) {
    const auto values = x.data<T>();
    const auto bad = std::ranges::find_if(values, [](T value) { return !std::isfinite(value); });
    if (bad == values.end()) return;
    const std::int64_t width = x.rank() > 0 ? x.size() / x.extent(0) : 1;
    throw ConfigError(fmt::format("[{}] expected finite values, got {} in sample {}; {}", where, *bad,
                                  (bad - values.begin()) / width, remedy));
  });
}

py::object to_numpy(const Tensor& tensor) {
  // NumPy takes the memory through the buffer protocol, so that the module does not depend on NumPy's binary interface.
  return py::module_::import("numpy").attr("asarray")(py::memoryview(py::cast(tensor)));
}

Reference keep(const py::object& object) {
  return {new py::object(object), [](py::object* held) {
            if (!Py_IsInitialized()) return;
            const py::gil_scoped_acquire gil;
            delete held;
          }};
}

Callback::Callback(const py::object& object, const char* where) : callable(keep(object)), where(where) {
  require<ConfigError>(PyCallable_Check(object.ptr()) != 0, "[{}] expected a callable, got {}", where, kind_of(object));
}

Tensor Callback::operator()(const Tensor& x, std::optional<double> t, bool as_tensor) const {
  const Tensor own = copied(x);
  const bool taped = recording();
  const py::gil_scoped_acquire gil;
  const SubnormalScope numbers(false);
  // Solvers work off the tape, but a callable may well be a gradient.
  const Recording on(true);
  require<ConfigError>(static_cast<bool>(*callable), "[{}] the callable has been freed with the object it belongs to",
                       where);
  const py::object at = as_tensor ? py::cast(own) : to_numpy(own);
  const py::object returned = t ? (*callable)(at, *t) : (*callable)(at);
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  require<ConfigError>(!returned.is_none(), "[{}] expected the callable to return an array, got None", where);
  const Tensor result = copied(to_tensor(returned, any_dtype ? std::optional<Dtype>() : x.dtype(), where));
  return taped ? result : result.detach();
}

TensorFunction to_tensor_function(const Callback& callback) {
  return Score::whole([callback](const Tensor& x, double t) { return callback(x, t, true); });
}

void require_numbers(const Tensor& values, const Tensor& x, const char* where) {
  visit(x.dtype(), [&]<class T>(T) {
    const std::int64_t rows = x.extent(0), width = rows > 0 ? x.size() / rows : 0;
    const std::int64_t each = rows > 0 ? values.size() / rows : 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto states = x.data<T>().subspan(i * width, width);
      bool numbers = true;
      for (std::int64_t k = i * each; k < (i + 1) * each; ++k) numbers &= !std::isnan(values.at(k));
      require<NumericalError>(numbers || !std::ranges::all_of(states, [](T v) { return std::isfinite(v); }),
                              "[{}] expected the callable to return numbers, got nan for row {}, which is finite",
                              where, i);
    }
  });
}

Tensor log_densities(const Tensor& values, const Tensor& x, const char* where) {
  require<ShapeError>(values.shape() == Shape{x.extent(0)},
                      "[{}] expected the callable to return log densities [{}], one a row, got {}", where, x.extent(0),
                      to_string(values.shape()));
  require_numbers(values, x, where);
  return values.detach();
}

ScoreArgument to_score(const py::object& object) {
  if (py::isinstance<ScoreArgument>(object)) {
    ScoreArgument score = object.cast<ScoreArgument>();
    score.references = {keep(object)};
    return score;
  }
  const Callback callback(object, "score");
  const auto score = [callback](const Tensor& x, double t) {
    const Tensor result = callback(x, t).detach();
    require<ShapeError>(result.shape() == x.shape(), "[score] expected the callable to return x's shape {}, got {}",
                        to_string(x.shape()), to_string(result.shape()));
    return result;
  };
  return {.score = Score::whole(score), .sample = {}, .references = {callback.callable}};
}

}  // namespace fokker::python
