// Tensor and autodiff.

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/python/support/bindings.h"
#include "fokker/python/support/dlpack.h"

namespace fokker::python {
namespace {

py::buffer_info buffer_of(Tensor& x) {
  const py::ssize_t item = element_size(x.dtype());
  std::vector<py::ssize_t> shape(x.shape().begin(), x.shape().end()), strides(shape.size());
  py::ssize_t stride = item;
  for (std::size_t axis = shape.size(); axis-- > 0; stride *= shape[axis]) strides[axis] = stride;
  return {x.raw(), item, x.dtype() == Dtype::f32 ? "f" : "d", x.rank(), shape, strides};
}

struct Exported {
  DlManagedTensor managed;
  Tensor tensor;
  std::vector<std::int64_t> shape;
};

py::capsule to_dlpack(const Tensor& x) {
  auto* exported = new Exported{{}, x, {x.shape().begin(), x.shape().end()}};
  const auto bits = static_cast<std::uint8_t>(8 * element_size(x.dtype()));
  exported->managed.tensor = {exported->tensor.raw(), {1, 0},  x.rank(), {2, bits, 1},
                              exported->shape.data(), nullptr, 0};
  exported->managed.context = exported;
  exported->managed.deleter = [](DlManagedTensor* self) { delete static_cast<Exported*>(self->context); };
  // A consumer renames the capsule and then calls the deleter itself.
  return py::capsule(&exported->managed, "dltensor", [](PyObject* capsule) {
    if (!PyCapsule_IsValid(capsule, "dltensor")) return;
    auto* managed = static_cast<DlManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
    managed->deleter(managed);
  });
}

/// Indexes x[i] and x[a:b] along one axis; an integer removes the axis.
Tensor index(const Tensor& x, int axis, const py::handle& key, bool& removed) {
  removed = is_integer(key);
  const std::int64_t n = x.extent(axis);
  if (removed) {
    auto i = key.cast<std::int64_t>();
    if (i < 0) i += n;
    // IndexError ends iteration over a tensor.
    if (i < 0 || i >= n)
      throw py::index_error(fmt::format("[tensor] index {} is out of range for {}", i, to_string(x.shape())));
    return reshape(slice(x, axis, i, i + 1), without_axis(with_extent(x.shape(), axis, 1), axis));
  }
  require<ShapeError>(PySlice_Check(key.ptr()) != 0, "[tensor] expected an integer or a slice a:b as index, got {}",
                      py::repr(key).cast<std::string>());
  py::ssize_t begin = 0, end = 0, step = 0, length = 0;
  if (!py::reinterpret_borrow<py::slice>(key).compute(n, &begin, &end, &step, &length)) throw py::error_already_set();
  require<ShapeError>(step == 1, "[tensor] expected a slice of step 1, got {}; take .numpy() for others", step);
  return slice(x, axis, begin, begin + length);
}

Tensor index(const Tensor& x, const py::object& key) {
  const py::tuple keys = py::isinstance<py::tuple>(key) ? key.cast<py::tuple>() : py::make_tuple(key);
  require<ShapeError>(static_cast<int>(keys.size()) <= x.rank(), "[tensor] expected at most {} indices for {}, got {}",
                      x.rank(), to_string(x.shape()), keys.size());
  Tensor result = x;
  int axis = 0;
  for (const auto item : keys) {
    bool removed = false;
    result = index(result, axis, item, removed);
    if (!removed) ++axis;
  }
  return result;
}

void bind_tensor(py::class_<Tensor>& tensor) {
  tensor
      .def(py::init([](const py::object& values, std::optional<Dtype> dtype) { return to_tensor(values, dtype); }),
           py::arg("values"), py::arg("dtype") = py::none())
      .def_buffer(&buffer_of)
      .def_property_readonly("shape", &Tensor::shape)
      .def_property_readonly("dtype", &Tensor::dtype)
      .def_property_readonly("ndim", &Tensor::rank)
      .def_property_readonly("size", &Tensor::size)
      .def_property_readonly("tracked", &Tensor::tracked, "Whether gradients flow through this tensor.")
      .def("numpy", &to_numpy, "Returns the memory as a writable NumPy array, which keeps it alive.")
      .def(
          "__array__",
          [](const Tensor& x, const py::object& dtype, const py::object& copy) {
            const bool must_copy = !copy.is_none() && copy.cast<bool>();
            const py::object array = must_copy ? to_numpy(x.clone()) : to_numpy(x);
            return dtype.is_none() ? array : array.attr("astype")(dtype, py::arg("copy") = false);
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none())
      .def("__dlpack__", [](const Tensor& x, const py::kwargs&) { return to_dlpack(x); })
      .def("__dlpack_device__", [](const Tensor&) { return py::make_tuple(1, 0); })
      .def("item", &Tensor::item)
      .def("__float__", &Tensor::item)
      .def("detach", &Tensor::detach, "Returns a tensor over this memory, off the tape.")
      .def("leaf", &Tensor::leaf,
           "Returns a tensor over this memory as a new leaf, by which fk.grad can differentiate.")
      .def("clone", &Tensor::clone, "Returns a copy off the tape.")
      .def(
          "astype", [](const Tensor& x, Dtype dtype) { return cast(x, dtype); }, py::arg("dtype"))
      .def("__len__",
           [](const Tensor& x) {
             if (x.rank() == 0) throw py::type_error("len() of a scalar");
             return x.extent(0);
           })
      .def("__getitem__", [](const Tensor& x, const py::object& key) { return index(x, key); })
      .def("__repr__", [](const Tensor& x) { return "Tensor(" + to_string(x) + ")"; })
      .def("__reduce__",
           [](const py::object& x) { return py::make_tuple(py::type::of(x), py::make_tuple(x.attr("numpy")())); });
  // NumPy's operators leave mixed expressions to ours.
  tensor.attr("__array_ufunc__") = py::none();
}

/// Ops record nothing inside `with fk.no_grad():`.
class NoGradScope {
 public:
  void enter() { scopes_.push_back(std::make_unique<NoGrad>()); }
  void exit() { scopes_.pop_back(); }

 private:
  std::vector<std::unique_ptr<NoGrad>> scopes_;
};

}  // namespace

void bind_core(py::module_& m) {
  py::class_<Tensor> tensor(m, "Tensor", py::buffer_protocol(),
                            "A contiguous row-major array of float32 or float64.  Over a writable contiguous NumPy "
                            "array of these types it is made without a copy; everything else is copied.");
  bind_tensor(tensor);
  bind_ops(m, tensor);
  py::implicitly_convertible<py::buffer, Tensor>();
  m.def(
      "gradients",
      [](const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, bool create_graph) {
        return grad(outputs, inputs, create_graph);
      },
      py::arg("outputs"), py::arg("inputs"), py::arg("create_graph") = false);
  py::class_<NoGradScope>(m, "no_grad", "A context in which ops record nothing: with fk.no_grad(): …")
      .def(py::init())
      .def("__enter__", &NoGradScope::enter)
      .def("__exit__", [](NoGradScope& scope, const py::args&) { scope.exit(); });
}

}  // namespace fokker::python
