#include "fokker/core/ops/dnnl.h"

#include <omp.h>

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

// The one file that knows oneDNN's API (2.x: descriptors, then primitive descriptors).
static_assert(DNNL_VERSION_MAJOR == 2, "this file is written for oneDNN 2.x");

namespace fokker::detail {
namespace {

using dnnl::memory;
using Format = memory::format_tag;
using Memories = std::unordered_map<int, memory>;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::desc described(memory::dims dims, Format format) { return {std::move(dims), memory::data_type::f32, format}; }

/// Logical descriptors; a format left to oneDNN is `any`.
struct Descriptors {
  memory::desc x, weight, bias, y;
  memory::dims strides, padding;

  Descriptors(const ConvShape& s, bool plain_weight)
      : x(described({s.n, s.in, s.h, s.w}, Format::nhwc)),
        weight(described({s.out, s.in, s.kh, s.kw}, plain_weight ? Format::oihw : Format::any)),
        bias(described({s.out}, Format::x)),
        y(described({s.n, s.out, s.oh, s.ow}, Format::nhwc)),
        strides{s.geometry.stride, s.geometry.stride},
        padding{s.geometry.padding, s.geometry.padding} {}
};

constexpr auto direct = dnnl::algorithm::convolution_direct;

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// A primitive with its scratchpad and the weights in the layout that it likes.
struct Convolution {
  dnnl::primitive primitive;
  memory scratchpad, packed;
  dnnl::reorder reorder;  // plain → packed, or packed → plain for the weight gradient
  memory plain, x, y, bias;

  template <class Description>
  Convolution(const ConvShape& s, const Description& description, const memory::desc& packed_desc,
              bool weight_is_result)
      : primitive(description), scratchpad(description.scratchpad_desc(), engine()) {
    const Descriptors d(s, true);
    plain = memory(d.weight, engine(), nullptr);
    x = memory(d.x, engine(), nullptr);
    y = memory(d.y, engine(), nullptr);
    bias = memory(d.bias, engine(), nullptr);
    if (packed_desc == d.weight) return;
    packed = memory(packed_desc, engine());
    reorder = weight_is_result ? dnnl::reorder(packed, plain) : dnnl::reorder(plain, packed);
  }
  bool packs() const { return static_cast<bool>(packed.get(true)); }
};

struct Worker {
  dnnl::stream stream{engine()};
  struct Hash {
    std::size_t operator()(const ConvShape& s) const {
      std::size_t h = 1469598103934665603u;
      for (std::int64_t v :
           {s.n, s.h, s.w, s.in, s.out, s.kh, s.kw, std::int64_t{s.geometry.stride}, std::int64_t{s.geometry.padding}})
        h = (h ^ static_cast<std::size_t>(v)) * 1099511628211u;
      return h;
    }
  };
  using Cache = std::unordered_map<ConvShape, std::unique_ptr<Convolution>, Hash>;
  Cache forward, forward_bias, input_gradient, weight_gradient;

  Worker() { omp_set_num_threads(1); }  // parallelism is over shards alone
};

Worker& worker() {
  thread_local Worker w;
  return w;
}

template <class Make>
Convolution& cached(Worker::Cache& cache, const ConvShape& shape, Make make) {
  // Odd batches of a long session would otherwise pile up primitives for ever.
  if (cache.size() > 512) cache.clear();
  auto& entry = cache[shape];
  if (!entry) entry = make();
  return *entry;
}

dnnl::convolution_forward::primitive_desc forward_description(const ConvShape& s, bool bias) {
  const Descriptors d(s, false);
  const auto desc = bias ? dnnl::convolution_forward::desc(dnnl::prop_kind::forward_training, direct, d.x, d.weight,
                                                           d.bias, d.y, d.strides, d.padding, d.padding)
                         : dnnl::convolution_forward::desc(dnnl::prop_kind::forward_training, direct, d.x, d.weight,
                                                           d.y, d.strides, d.padding, d.padding);
  return {desc, user_scratchpad(), engine()};
}

memory& bind(memory& m, const float* data) {
  m.set_data_handle(const_cast<float*>(data));
  return m;
}

memory packed_weight(Convolution& c, Worker& w, const float* weight) {
  bind(c.plain, weight);
  if (!c.packs()) return c.plain;
  c.reorder.execute(w.stream, c.plain, c.packed);
  return c.packed;
}

}  // namespace

void dnnl_forward(const ConvShape& s, const float* x, const float* weight, const float* bias, float* y) {
  Worker& w = worker();
  Convolution& c = cached(bias ? w.forward_bias : w.forward, s, [&] {
    const auto description = forward_description(s, bias != nullptr);
    return std::make_unique<Convolution>(s, description, description.weights_desc(), false);
  });
  Memories arguments{{DNNL_ARG_SRC, bind(c.x, x)},
                     {DNNL_ARG_WEIGHTS, packed_weight(c, w, weight)},
                     {DNNL_ARG_DST, bind(c.y, y)},
                     {DNNL_ARG_SCRATCHPAD, c.scratchpad}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, bind(c.bias, bias));
  c.primitive.execute(w.stream, arguments);
}

void dnnl_input_gradient(const ConvShape& s, const float* dy, const float* weight, float* dx) {
  Worker& w = worker();
  Convolution& c = cached(w.input_gradient, s, [&] {
    const Descriptors d(s, false);
    const dnnl::convolution_backward_data::desc desc(direct, d.x, d.weight, d.y, d.strides, d.padding, d.padding);
    const dnnl::convolution_backward_data::primitive_desc description(desc, user_scratchpad(), engine(),
                                                                      forward_description(s, false));
    return std::make_unique<Convolution>(s, description, description.weights_desc(), false);
  });
  c.primitive.execute(w.stream, {{DNNL_ARG_DIFF_DST, bind(c.y, dy)},
                                 {DNNL_ARG_WEIGHTS, packed_weight(c, w, weight)},
                                 {DNNL_ARG_DIFF_SRC, bind(c.x, dx)},
                                 {DNNL_ARG_SCRATCHPAD, c.scratchpad}});
}

void dnnl_weight_gradient(const ConvShape& s, const float* x, const float* dy, float* dweight) {
  Worker& w = worker();
  Convolution& c = cached(w.weight_gradient, s, [&] {
    const Descriptors d(s, false);
    const dnnl::convolution_backward_weights::desc desc(direct, d.x, d.weight, d.y, d.strides, d.padding, d.padding);
    const dnnl::convolution_backward_weights::primitive_desc description(desc, user_scratchpad(), engine(),
                                                                         forward_description(s, false));
    return std::make_unique<Convolution>(s, description, description.diff_weights_desc(), true);
  });
  bind(c.plain, dweight);
  c.primitive.execute(w.stream, {{DNNL_ARG_SRC, bind(c.x, x)},
                                 {DNNL_ARG_DIFF_DST, bind(c.y, dy)},
                                 {DNNL_ARG_DIFF_WEIGHTS, c.packs() ? c.packed : c.plain},
                                 {DNNL_ARG_SCRATCHPAD, c.scratchpad}});
  if (c.packs()) c.reorder.execute(w.stream, c.packed, c.plain);
}

}  // namespace fokker::detail
