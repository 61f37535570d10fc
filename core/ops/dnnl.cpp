#include "fokker/core/ops/dnnl.h"

#include <omp.h>

#include <algorithm>
#include <future>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>

#include "fokker/core/base/buffer.h"
#include "fokker/core/base/out_of_memory.h"
#include "fokker/core/kernels/kernels.h"

// The one file that knows oneDNN's API (2.x: descriptors, then primitive descriptors).
static_assert(DNNL_VERSION_MAJOR == 2, "this file is written for oneDNN 2.x");

namespace fokker::detail {
namespace {

using dnnl::memory;
using Format = memory::format_tag;
using Memories = std::unordered_map<int, memory>;

/// oneDNN takes no more of the CPU than the kernels do, so that a lesser instruction set means the same on every CPU.
/// It never takes AMX, with which the bits of a row of a product depend on the number of rows.
dnnl::engine make_engine() {
  const std::string_view set = kernels::table().name;
  if (set == "baseline") dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
  if (set == "x86-64-v3") dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
  if (set == "x86-64-v4") dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core_bf16);
  return {dnnl::engine::kind::cpu, 0};
}

/// Returns what `f` returns.  oneDNN reports refused memory by an error of its own.
template <class F>
decltype(auto) called(F f) {
  const LibraryCall call("oneDNN");
  try {
    return f();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw OutOfMemory("oneDNN");
    throw Error(fmt::format("[onednn] {}", error.what()));
  } catch (const std::future_error&) {  // thrown by oneDNN's cache where making a primitive was refused memory
    throw OutOfMemory("oneDNN");
  }
}

/// oneDNN does not check all that it allocates for a primitive, at most some hundred kB.  So much has to be available.
constexpr std::size_t headroom = std::size_t{16} << 20;

dnnl::engine& engine() {
  static dnnl::engine cpu = make_engine();
  return cpu;
}

constexpr auto f32 = memory::data_type::f32, bf16 = memory::data_type::bf16;

enum class Result : std::uint8_t { none, x, weight, y };

/// The logical descriptors: factors in the shape's precision, the result in f32,
/// and the layout of weights left to oneDNN.
struct Descriptors {
  memory::desc x, weight, bias, y, plain_weight;
  memory::dims strides, padding;

  Descriptors(const ConvShape& s, Result result)
      : x({s.n, s.in, s.h, s.w}, type(s, result == Result::x), Format::nhwc),
        weight({s.out, s.in, s.kh, s.kw}, type(s, result == Result::weight), Format::any),
        bias({s.out}, f32, Format::x),
        y({s.n, s.out, s.oh, s.ow}, type(s, result == Result::y), Format::nhwc),
        plain_weight({s.out, s.in, s.kh, s.kw}, f32, Format::oihw),
        strides{s.geometry.stride, s.geometry.stride},
        padding{s.geometry.padding, s.geometry.padding} {}

  static memory::data_type type(const ConvShape& s, bool result) {
    return s.precision == Precision::bf16 && !result ? bf16 : f32;
  }
};

constexpr auto direct = dnnl::algorithm::convolution_direct;

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Memory of our own as oneDNN's.
struct OwnMemory {
  Buffer buffer;
  memory value;

  OwnMemory() = default;
  explicit OwnMemory(const memory::desc& description)
      : buffer(allocate(description.get_size())), value(description, engine(), buffer.data()) {}
};

/// A primitive with its scratchpad and the weights in the layout that it likes.
struct Convolution {
  dnnl::primitive primitive;
  OwnMemory scratchpad, packed;
  dnnl::reorder reorder;  // plain → packed, or packed → plain for the weight gradient
  memory plain, x, y, bias;

  template <class Description>
  Convolution(const Descriptors& d, const Description& description, const memory::desc& packed_desc,
              bool weight_is_result)
      : primitive(description), scratchpad(description.scratchpad_desc()) {
    plain = memory(d.plain_weight, engine(), nullptr);
    x = memory(d.x, engine(), nullptr);
    y = memory(d.y, engine(), nullptr);
    bias = memory(d.bias, engine(), nullptr);
    if (packed_desc == d.plain_weight) return;
    packed = OwnMemory(packed_desc);
    reorder = weight_is_result ? dnnl::reorder(packed.value, plain) : dnnl::reorder(plain, packed.value);
  }
  bool packs() const { return static_cast<bool>(packed.buffer); }
};

struct Product {
  dnnl::matmul primitive;
  OwnMemory scratchpad;
  memory a, b, c;
};

struct Hash {
  static std::size_t of(std::initializer_list<std::int64_t> values) {
    std::size_t h = 1469598103934665603u;
    for (std::int64_t v : values) h = (h ^ static_cast<std::size_t>(v)) * 1099511628211u;
    return h;
  }
  std::size_t operator()(const ConvShape& s) const {
    return of({s.n, s.h, s.w, s.in, s.out, s.kh, s.kw, s.geometry.stride, s.geometry.padding,
               static_cast<std::int64_t>(s.precision)});
  }
  std::size_t operator()(const ProductShape& s) const { return of({s.m, s.n, s.k, s.transpose_a, s.transpose_b}); }
};

struct Worker {
  dnnl::stream stream{engine()};
  template <class Key, class Value>
  using Cache = std::unordered_map<Key, std::unique_ptr<Value>, Hash>;
  Cache<ConvShape, Convolution> forward, forward_bias, input_gradient, weight_gradient;
  Cache<ProductShape, Product> products;

  Worker() { omp_set_num_threads(1); }  // parallelism is over shards alone
};

Worker& worker() {
  thread_local const auto w = called([] { return std::make_unique<Worker>(); });
  return *w;
}

template <class Key, class Value, class Make>
Value& cached(Worker::Cache<Key, Value>& cache, const Key& shape, Make make) {
  // Odd batches of a long session would otherwise pile up primitives for ever.
  if (cache.size() > 512) cache.clear();
  auto& entry = cache[shape];
  if (!entry) {
    require_allocation(headroom);
    entry = called(make);
  }
  return *entry;
}

dnnl::convolution_forward::primitive_desc forward_description(const Descriptors& d, bool bias) {
  const auto desc = bias ? dnnl::convolution_forward::desc(dnnl::prop_kind::forward_training, direct, d.x, d.weight,
                                                           d.bias, d.y, d.strides, d.padding, d.padding)
                         : dnnl::convolution_forward::desc(dnnl::prop_kind::forward_training, direct, d.x, d.weight,
                                                           d.y, d.strides, d.padding, d.padding);
  return {desc, user_scratchpad(), engine()};
}

/// The forward convolution that a backward one belongs to, all in the shape's precision.
dnnl::convolution_forward::primitive_desc forward_hint(const ConvShape& s) {
  return forward_description(Descriptors(s, Result::none), false);
}

memory& bind(memory& m, const void* data) {
  m.set_data_handle(const_cast<void*>(data));
  return m;
}

void execute(const dnnl::primitive& primitive, Worker& w, const Memories& arguments) {
  called([&] { primitive.execute(w.stream, arguments); });
}

memory packed_weight(Convolution& c, Worker& w, const float* weight) {
  bind(c.plain, weight);
  if (!c.packs()) return c.plain;
  called([&] { c.reorder.execute(w.stream, c.plain, c.packed.value); });
  return c.packed.value;
}

}  // namespace

bool dnnl_has_bf16() {
  static const bool has = [] {
    engine();
    constexpr auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed &&
           std::string_view(kernels::table().name) == "x86-64-v4";
  }();
  return has;
}

void dnnl_forward(const ConvShape& s, const void* x, const float* weight, const float* bias, float* y) {
  if (s.n == 0) return;
  Worker& w = worker();
  Convolution& c = cached(bias ? w.forward_bias : w.forward, s, [&] {
    const Descriptors d(s, Result::y);
    const auto description = forward_description(d, bias != nullptr);
    return std::make_unique<Convolution>(d, description, description.weights_desc(), false);
  });
  Memories arguments{{DNNL_ARG_SRC, bind(c.x, x)},
                     {DNNL_ARG_WEIGHTS, packed_weight(c, w, weight)},
                     {DNNL_ARG_DST, bind(c.y, y)},
                     {DNNL_ARG_SCRATCHPAD, c.scratchpad.value}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, bind(c.bias, bias));
  execute(c.primitive, w, arguments);
}

void dnnl_input_gradient(const ConvShape& s, const void* dy, const float* weight, float* dx) {
  if (s.n == 0) return;
  Worker& w = worker();
  Convolution& c = cached(w.input_gradient, s, [&] {
    const Descriptors d(s, Result::x);
    const dnnl::convolution_backward_data::desc desc(direct, d.x, d.weight, d.y, d.strides, d.padding, d.padding);
    const dnnl::convolution_backward_data::primitive_desc description(desc, user_scratchpad(), engine(),
                                                                      forward_hint(s));
    return std::make_unique<Convolution>(d, description, description.weights_desc(), false);
  });
  execute(c.primitive, w,
          {{DNNL_ARG_DIFF_DST, bind(c.y, dy)},
           {DNNL_ARG_WEIGHTS, packed_weight(c, w, weight)},
           {DNNL_ARG_DIFF_SRC, bind(c.x, dx)},
           {DNNL_ARG_SCRATCHPAD, c.scratchpad.value}});
}

void dnnl_weight_gradient(const ConvShape& s, const void* x, const void* dy, float* dweight) {
  if (s.n == 0) {
    std::fill_n(dweight, s.out * s.in * s.kh * s.kw, 0.0f);
    return;
  }
  Worker& w = worker();
  Convolution& c = cached(w.weight_gradient, s, [&] {
    const Descriptors d(s, Result::weight);
    const dnnl::convolution_backward_weights::desc desc(direct, d.x, d.weight, d.y, d.strides, d.padding, d.padding);
    const dnnl::convolution_backward_weights::primitive_desc description(desc, user_scratchpad(), engine(),
                                                                         forward_hint(s));
    return std::make_unique<Convolution>(d, description, description.diff_weights_desc(), true);
  });
  bind(c.plain, dweight);
  execute(c.primitive, w,
          {{DNNL_ARG_SRC, bind(c.x, x)},
           {DNNL_ARG_DIFF_DST, bind(c.y, dy)},
           {DNNL_ARG_DIFF_WEIGHTS, c.packs() ? c.packed.value : c.plain},
           {DNNL_ARG_SCRATCHPAD, c.scratchpad.value}});
  if (c.packs()) called([&] { c.reorder.execute(w.stream, c.packed.value, c.plain); });
}

void dnnl_product(const ProductShape& s, const void* a, const void* b, float* c) {
  Worker& w = worker();
  Product& p = cached(w.products, s, [&] {
    const memory::desc da({s.m, s.k}, bf16, s.transpose_a ? Format::ba : Format::ab),
        db({s.k, s.n}, bf16, s.transpose_b ? Format::ba : Format::ab), dc({s.m, s.n}, f32, Format::ab);
    const dnnl::matmul::primitive_desc description({da, db, dc}, user_scratchpad(), engine());
    return std::make_unique<Product>(Product{dnnl::matmul(description), OwnMemory(description.scratchpad_desc()),
                                             memory(da, engine(), nullptr), memory(db, engine(), nullptr),
                                             memory(dc, engine(), nullptr)});
  });
  execute(p.primitive, w,
          {{DNNL_ARG_SRC, bind(p.a, a)},
           {DNNL_ARG_WEIGHTS, bind(p.b, b)},
           {DNNL_ARG_DST, bind(p.c, c)},
           {DNNL_ARG_SCRATCHPAD, p.scratchpad.value}});
}

}  // namespace fokker::detail
