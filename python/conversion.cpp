// Between tensors and what Python knows: buffers, NumPy arrays, DLPack, callables.

#include "fokker/core/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/python/bindings.h"

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

/// A C-contiguous NumPy array of f32 or f64 with the values of any object.
py::buffer as_floats(const py::object& object, std::optional<Dtype> dtype) {
  const auto numpy = py::module_::import("numpy");
  const py::object array = numpy.attr("asarray")(object);
  const py::object own = array.attr("dtype");
  const auto kind = own.attr("kind").cast<std::string>();
  require<ConfigError>(kind == "f" || kind == "i" || kind == "u" || kind == "b",
                       "[tensor] expected numbers, got an array of dtype {}; convert it to float32 or float64",
                       py::str(own).cast<std::string>());
  const bool is_double = py::isinstance(object, numpy.attr("ndarray")) && own.equal(py::str("float64"));
  const Dtype target = dtype.value_or(is_double ? Dtype::f64 : Dtype::f32);
  // `order` "C" copies where the array is not contiguous; a scalar keeps rank 0.
  return numpy.attr("array")(array, py::arg("dtype") = py::cast(target), py::arg("order") = "C");
}

}  // namespace

Tensor to_tensor(const py::object& object, std::optional<Dtype> dtype) {
  if (py::isinstance<Tensor>(object)) {
    const auto& tensor = object.cast<const Tensor&>();
    return dtype && *dtype != tensor.dtype() ? cast(tensor, *dtype) : tensor;
  }
  if (PyFloat_CheckExact(object.ptr()) || PyLong_CheckExact(object.ptr()))
    return Tensor::scalar(object.cast<double>(), dtype.value_or(Dtype::f32));
  if (PyObject_CheckBuffer(object.ptr())) {
    const auto buffer = py::reinterpret_borrow<py::buffer>(object);
    const py::buffer_info info = buffer.request();
    const auto own = dtype_of_format(info.format);
    if (own && dtype.value_or(*own) == *own && contiguous(info)) return over_buffer(buffer, *own);
  }
  const py::buffer floats = as_floats(object, dtype);
  return over_buffer(floats, *dtype_of_format(floats.request().format));
}

py::object to_numpy(const Tensor& tensor) {
  // NumPy takes the memory through the buffer protocol, so that the module does not depend on NumPy's binary interface.
  return py::module_::import("numpy").attr("asarray")(py::memoryview(py::cast(tensor)));
}

std::shared_ptr<py::object> keep_callable(const py::object& object) {
  return {new py::object(object), [](py::object* held) {
            const py::gil_scoped_acquire gil;
            delete held;
          }};
}

TensorFunction to_tensor_function(const py::object& object, const char* where) {
  require<ConfigError>(PyCallable_Check(object.ptr()) != 0, "[{}] expected a callable (x, t), got {}", where,
                       py::repr(object).cast<std::string>());
  const std::shared_ptr<py::object> callable = keep_callable(object);
  return WholeBatch{[callable](const Tensor& x, double t) {
    const py::gil_scoped_acquire gil;
    const py::object result = (*callable)(x, t);
    if (py::isinstance<Tensor>(result)) return result.cast<Tensor>();
    return to_tensor(result, x.dtype());
  }};
}

ScoreArgument to_score(const py::object& object) {
  if (py::isinstance<ScoreArgument>(object)) return object.cast<ScoreArgument>();
  require<ConfigError>(PyCallable_Check(object.ptr()) != 0, "[score] expected a Score or a callable (x, t), got {}",
                       py::repr(object).cast<std::string>());
  const std::shared_ptr<py::object> callable = keep_callable(object);
  const auto score = [callable](const Tensor& x, double t) {
    const py::gil_scoped_acquire gil;
    // Samplers work off the tape, but a callable may well be a gradient.
    const Recording on(true);
    const Tensor result = to_tensor((*callable)(to_numpy(x), t), x.dtype());
    require<ShapeError>(result.shape() == x.shape(), "[score] expected the callable to return x's shape {}, got {}",
                        to_string(x.shape()), to_string(result.shape()));
    return result.detach();
  };
  return {.score = WholeBatch{score}, .python = true};
}

}  // namespace fokker::python
