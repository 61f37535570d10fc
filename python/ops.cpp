// Ops under the names of C++; operators and methods where NumPy has them.

#include <algorithm>
#include <variant>

#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/norm.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/python/support/bindings.h"

namespace fokker::python {
namespace {

using Unary = Tensor (*)(const Tensor&);
using Axes = std::optional<std::vector<int>>;

Axes axes_of(const py::object& axis) {
  if (axis.is_none()) return {};
  if (is_integer(axis)) return std::vector<int>{axis.cast<int>()};
  return axis.cast<std::vector<int>>();
}

/// A reduction along any axes: they are reduced one after the other, kept, and dropped at the end.
Tensor along(const Tensor& x, const py::object& axis, bool keep, Tensor (*all)(const Tensor&),
             Tensor (*one)(const Tensor& x, int axis)) {
  const Axes axes = axes_of(axis);
  if (!axes && !keep) return all(x);
  std::vector<bool> reduced(static_cast<std::size_t>(x.rank()), !axes);
  if (axes)
    for (const int a : *axes) reduced[static_cast<std::size_t>(normalise_axis(a, x.rank(), "reduce"))] = true;
  Tensor result = x;
  std::vector<std::int64_t> extents;
  for (int a = 0; a < x.rank(); ++a) {
    const bool gone = reduced[static_cast<std::size_t>(a)];
    if (gone) result = one(result, a);
    if (keep || !gone) extents.push_back(gone ? 1 : x.extent(a));
  }
  return reshape(result, Shape(extents));
}

Tensor permuted(const Tensor& x, const std::vector<int>& a) {
  switch (a.size()) {
    case 1: return permute(x, {a[0]});
    case 2: return permute(x, {a[0], a[1]});
    case 3: return permute(x, {a[0], a[1], a[2]});
    case 4: return permute(x, {a[0], a[1], a[2], a[3]});
    case 5: return permute(x, {a[0], a[1], a[2], a[3], a[4]});
    case 6: return permute(x, {a[0], a[1], a[2], a[3], a[4], a[5]});
    default: throw ShapeError(fmt::format("[permute] expected {} axes, got {}", x.rank(), a.size()));
  }
}

/// One extent may be −1, which stands for what remains.
Tensor reshaped(const Tensor& x, std::vector<std::int64_t> extents) {
  require<ShapeError>(std::ranges::count(extents, -1) <= 1, "[reshape] expected at most one extent -1, got {}",
                      std::ranges::count(extents, -1));
  std::int64_t known = 1;
  for (const auto extent : extents) known *= extent == -1 ? 1 : extent;
  for (auto& extent : extents)
    if (extent == -1) extent = known > 0 ? x.size() / known : 0;
  return reshape(x, Shape(extents));
}

using Operand = std::variant<Tensor, double>;

/// The other operand of an operator beside `like`: numbers and NumPy's scalars, or arrays.  Whole numbers and masks
/// take like's dtype.  It returns nothing for other objects.
std::optional<Operand> operand(const Tensor& like, const py::object& object, const char* name) {
  if (PyFloat_Check(object.ptr()) || is_integer(object)) return object.cast<double>();
  if (py::isinstance<Tensor>(object)) return object.cast<Tensor>();
  if (PyObject_CheckBuffer(object.ptr()) == 0) return {};
  const py::object array = py::module_::import("numpy").attr("asarray")(object);
  const auto dtype = array.attr("dtype");
  if (array.attr("ndim").cast<int>() == 0 && dtype.attr("kind").cast<std::string>() == "f")
    return array.attr("item")().cast<double>();
  if (dtype.attr("kind").cast<std::string>() != "f") return to_tensor(object, like.dtype(), name);
  Tensor other = to_tensor(object, {}, name);
  require<ShapeError>(other.dtype() == like.dtype(),
                      "[{}] expected an array of {}, as the tensor is, got {}; convert one by .astype", name,
                      py::str(py::cast(like.dtype())).cast<std::string>(), py::str(dtype).cast<std::string>());
  return other;
}

/// Binds `tensor op other` and `other op tensor` under the names of Python.
template <class Op>
void bind_operator(py::class_<Tensor>& tensor, const char* name, Op op) {
  const auto bound = [name](auto apply) {
    return [name, apply](const Tensor& x, const py::object& object) -> py::object {
      const std::optional<Operand> other = operand(x, object, name);
      if (!other) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
      return py::cast(std::visit([&](const auto& y) { return apply(x, y); }, *other));
    };
  };
  const auto forward = [op](const Tensor& x, const auto& y) { return op(x, y); };
  const auto backward = [op](const Tensor& x, const auto& y) { return op(y, x); };
  tensor.def(fmt::format("__{}__", name).c_str(), bound(forward), py::is_operator());
  tensor.def(fmt::format("__r{}__", name).c_str(), bound(backward), py::is_operator());
}

void bind_elementwise(py::module_& m, py::class_<Tensor>& tensor) {
  bind_operator(tensor, "add", [](const auto& a, const auto& b) { return a + b; });
  bind_operator(tensor, "sub", [](const auto& a, const auto& b) { return a - b; });
  bind_operator(tensor, "mul", [](const auto& a, const auto& b) { return a * b; });
  bind_operator(tensor, "truediv", [](const auto& a, const auto& b) { return a / b; });
  tensor.def("__neg__", [](const Tensor& a) { return -a; })
      .def("__abs__", [](const Tensor& a) { return abs(a); })
      .def(
          "__pow__", [](const Tensor& a, double n) { return n == 2 ? square(a) : power(a, n); }, py::is_operator());
  const std::pair<const char*, Unary> unary[] = {{"exp", exp},           {"expm1", expm1}, {"log", log},
                                                 {"log1p", log1p},       {"sqrt", sqrt},   {"reciprocal", reciprocal},
                                                 {"square", square},     {"sin", sin},     {"cos", cos},
                                                 {"tanh", tanh},         {"erf", erf},     {"sigmoid", sigmoid},
                                                 {"silu", silu},         {"relu", relu},   {"abs", abs},
                                                 {"softplus", softplus}, {"gelu", gelu}};
  for (const auto& [name, op] : unary) m.def(name, op, py::arg("x"));
  m.def("power", &power, py::arg("x"), py::arg("exponent"));
  m.def("maximum", &maximum, py::arg("a"), py::arg("b"));
  m.def("minimum", &minimum, py::arg("a"), py::arg("b"));
  m.def(
      "where",
      [](const py::object& mask, const Tensor& a, const Tensor& b) {
        return where(to_tensor(mask, a.dtype(), "where"), a, b);
      },
      py::arg("mask"), py::arg("a"), py::arg("b"), "Returns a where mask ≠ 0, else b; the mask may be of bools.");
  m.def("clamp", &clamp, py::arg("x"), py::arg("low"), py::arg("high"));
}

void bind_reductions(py::module_& m, py::class_<Tensor>& tensor) {
  const auto sum_along = [](const Tensor& x, const py::object& axis, bool keep) {
    return along(
        x, axis, keep, [](const Tensor& y) { return sum(y); },
        [](const Tensor& y, int a) { return sum(y, {a}, true); });
  };
  const auto mean_along = [](const Tensor& x, const py::object& axis, bool keep) {
    return along(
        x, axis, keep, [](const Tensor& y) { return mean(y); },
        [](const Tensor& y, int a) { return mean(y, {a}, true); });
  };
  const auto max_along = [](const Tensor& x, const py::object& axis, bool keep) {
    return along(
        x, axis, keep, [](const Tensor& y) { return max(reshape(y, {y.size()}), 0); },
        [](const Tensor& y, int a) { return max(y, a, true); });
  };
  const auto axis = py::arg("axis") = py::none();
  const auto keep = py::arg("keepdims") = false;
  m.def("sum", sum_along, py::arg("x"), axis, keep);
  m.def("mean", mean_along, py::arg("x"), axis, keep);
  m.def("max", max_along, py::arg("x"), axis, keep);
  tensor.def("sum", sum_along, axis, keep).def("mean", mean_along, axis, keep).def("max", max_along, axis, keep);
  m.def("logsumexp", &logsumexp, py::arg("x"), py::arg("keepdims") = false,
        "Returns log Σ exp(x) along the last axis.");
  m.def("softmax", &softmax, py::arg("x"), "Returns exp(x) / Σ exp(x) along the last axis.");
}

void bind_views(py::module_& m, py::class_<Tensor>& tensor) {
  m.def("reshape", &reshaped, py::arg("x"), py::arg("shape"));
  m.def("permute", &permuted, py::arg("x"), py::arg("axes"));
  m.def("transpose", &transpose, py::arg("x"), "Exchanges the last two axes.");
  m.def(
      "concat", [](const std::vector<Tensor>& parts, int axis) { return concat(parts, axis); }, py::arg("parts"),
      py::arg("axis") = 0);
  m.def("pad", &pad, py::arg("x"), py::arg("axis"), py::arg("before"), py::arg("after"));
  m.def("broadcast_to", &broadcast_to, py::arg("x"), py::arg("shape"));
  m.def(
      "gather", [](const Tensor& x, const std::vector<std::int64_t>& indices) { return gather(x, indices); },
      py::arg("x"), py::arg("indices"), "Returns rows of the first axis.");
  tensor
      .def("reshape",
           [](const Tensor& x, const py::args& extents) {
             const bool sequence = extents.size() == 1 && !is_integer(extents[0]);
             return reshaped(
                 x, (sequence ? py::object(extents[0]) : py::object(extents)).cast<std::vector<std::int64_t>>());
           })
      .def_property_readonly("T", &transpose);
}

void bind_networks(py::module_& m, py::class_<Tensor>& tensor) {
  const auto product = [](const Tensor& a, const Tensor& b) { return matmul(a, b); };
  m.def("matmul", product, py::arg("a"), py::arg("b"));
  tensor.def("__matmul__", product, py::is_operator());
  tensor.def(
      "__rmatmul__", [](const Tensor& a, const Tensor& b) { return matmul(b, a); }, py::is_operator());
  m.def(
      "conv2d",
      [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, int stride, int padding) {
        return conv2d(x, weight, bias.value_or(Tensor{}), {stride, padding});
      },
      py::arg("x"), py::arg("weight"), py::arg("bias") = py::none(), py::arg("stride") = 1, py::arg("padding") = 0,
      "Convolves x [B, H, W, I] with weight [O, I, kh, kw] → [B, H', W', O].");
  m.def(
      "group_norm",
      [](const Tensor& x, const Tensor& scale, const Tensor& shift, int groups) {
        return group_norm(x, scale, shift, groups);
      },
      py::arg("x"), py::arg("scale"), py::arg("shift"), py::arg("groups"));
  m.def(
      "attention",
      [](const Tensor& q, const Tensor& k, const Tensor& v, int heads, const std::optional<Tensor>& key_bias) {
        return attention(q, k, v, heads, key_bias.value_or(Tensor{}));
      },
      py::arg("q"), py::arg("k"), py::arg("v"), py::arg("heads") = 1, py::arg("key_bias") = py::none());
}

}  // namespace

void bind_ops(py::module_& m, py::class_<Tensor>& tensor) {
  bind_elementwise(m, tensor);
  bind_reductions(m, tensor);
  bind_views(m, tensor);
  bind_networks(m, tensor);
}

}  // namespace fokker::python
