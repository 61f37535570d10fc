#include "fokker/core/kernels/attention_table.h"

#include "fokker/core/kernels/gemm_pack.h"
#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/scratch.h"
#include "fokker/core/kernels/vector_logarithm.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

constexpr int chunk = 8;  // components of a head whose sums stay in registers

constexpr std::int64_t rounded_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

/// The rows of one head, `size` of every `pitch` elements.
template <class T>
struct Rows {
  T* data;
  std::int64_t count, size, pitch;
};

/// factor·rows as [padded count, padded size], zeros beyond.
template <class T>
void pack(const Rows<const T>& rows, T factor, std::int64_t padded_count, std::int64_t padded_size, T* out) {
  const T* from = rows.data;
  for (std::int64_t i = 0; i < padded_count; ++i, out += padded_size, from += rows.pitch) {
    const std::int64_t filled = i < rows.count ? rows.size : 0;
    for (std::int64_t e = 0; e < filled; ++e) out[e] = factor * from[e];
    for (std::int64_t e = filled; e < padded_size; ++e) out[e] = 0;
  }
}

/// The biases of sample b's keys, zeros where there are none and up to `padded_count`.
template <class T>
void pack_bias(const AttentionArguments& a, std::int64_t b, std::int64_t padded_count, T* out) {
  const T* from = a.key_bias ? static_cast<const T*>(a.key_bias) + b * a.keys : nullptr;
  for (std::int64_t j = 0; j < padded_count; ++j) out[j] = from && j < a.keys ? from[j] : 0;
}

/// Rows [first, first + lanes) by components: out[e] holds component e of each.
template <class T>
void pack_lanes(const T* rows, std::int64_t padded_size, T* out) {
  for (std::int64_t e = 0; e < padded_size; ++e, out += lanes<T>)
    for (int l = 0; l < lanes<T>; ++l) out[l] = rows[l * padded_size + e];
}

/// The inverse: `count` lanes of by_lanes·factor into rows.
template <class T>
void unpack_lanes(const T* by_lanes, T factor, std::int64_t first, const Rows<T>& rows) {
  for (std::int64_t l = 0; l < lanes<T> && first + l < rows.count; ++l)
    for (std::int64_t e = 0; e < rows.size; ++e)
      rows.data[(first + l) * rows.pitch + e] = factor * by_lanes[e * lanes<T> + l];
}

/// Σ_e by_lanes[e]·row[e]; `fixed` is the padded size where it is known when compiled.
template <int fixed, class T>
FOKKER_INLINE VectorOf<T> dot(const T* by_lanes, const T* row, std::int64_t padded_size) {
  using V = VectorOf<T>;
  const std::int64_t size = fixed > 0 ? fixed : padded_size;
  V sum{};
  for (std::int64_t c = 0; c < size; c += chunk)
#pragma GCC unroll 8
    for (int e = 0; e < chunk; ++e) sum = fma(load<V>(by_lanes + (c + e) * lanes<T>), splat<V>(row[c + e]), sum);
  return sum;
}

template <class V>
FOKKER_INLINE V larger(V a, V b) {
  return a > b ? a : b;
}

/// One head as packed rows; the lanes of a block are its queries in the forward pass, its keys in the backward pass.
template <class T>
struct Head {
  std::int64_t padded;  // size, to whole chunks
  Rows<const T> q, k, v;

  Head(const AttentionArguments& a, std::int64_t b, std::int64_t h)
      : padded(rounded_up(a.size, chunk)),
        q(rows(a, a.q, b, h, a.queries)),
        k(rows(a, a.k, b, h, a.keys)),
        v(rows(a, a.v, b, h, a.keys)) {}

  template <class U = const T, class P>
  static Rows<U> rows(const AttentionArguments& a, P* data, std::int64_t b, std::int64_t h, std::int64_t count) {
    const std::int64_t pitch = a.heads * a.size;
    return {static_cast<U*>(data) + b * count * pitch + h * a.size, count, a.size, pitch};
  }
};

/// Memory of the forward pass of a head.
template <class T>
struct ForwardScratch {
  Scratch<T> memory;
  T *q, *k, *v, *lanes_q, *lanes_y, *weights, *bias;

  ForwardScratch(std::int64_t queries, std::int64_t keys, std::int64_t padded)
      : memory((queries + 2 * keys + 2 * lanes<T>)*padded + keys * (lanes<T> + 1)),
        q(memory.data()),
        k(q + queries * padded),
        v(k + keys * padded),
        lanes_q(v + keys * padded),
        lanes_y(lanes_q + lanes<T> * padded),
        weights(lanes_y + lanes<T> * padded),
        bias(weights + keys * lanes<T>) {}
};

/// The outputs of a block of queries, by lanes; returns their logsums.
template <int fixed, class T>
VectorOf<T> forward_block(const ForwardScratch<T>& s, std::int64_t keys, std::int64_t padded) {
  using V = VectorOf<T>;
  V top = splat<V>(-__builtin_inf());
  for (std::int64_t j = 0; j < keys; ++j) {
    const V logit = dot<fixed>(s.lanes_q, s.k + j * padded, padded) + splat<V>(s.bias[j]);
    store(s.weights + j * lanes<T>, logit);
    top = larger(logit, top);
  }
  V total{};
  for (std::int64_t c = 0; c < padded; c += chunk) {
    V sum[chunk] = {};
    for (std::int64_t j = 0; j < keys; ++j) {
      V weight = load<V>(s.weights + j * lanes<T>);
      if (c == 0) {
        weight = exp(weight - top);
        total += weight;
        if (padded > chunk) store(s.weights + j * lanes<T>, weight);
      }
#pragma GCC unroll 8
      for (int e = 0; e < chunk; ++e) sum[e] = fma(weight, splat<V>(s.v[j * padded + c + e]), sum[e]);
    }
    for (int e = 0; e < chunk; ++e) store(s.lanes_y + (c + e) * lanes<T>, sum[e] / total);
  }
  return top + log(total);
}

template <class T>
void attention_forward(const AttentionArguments& a, void* y, void* logsums_data) {
  constexpr std::int64_t step = lanes<T>;
  const std::int64_t padded = rounded_up(a.size, chunk), padded_queries = rounded_up(a.queries, step);
  const ForwardScratch<T> s(padded_queries, a.keys, padded);
  auto* logsums = static_cast<T*>(logsums_data);
  for (std::int64_t b = 0; b < a.batch; ++b) {
    pack_bias(a, b, a.keys, s.bias);
    for (std::int64_t h = 0; h < a.heads; ++h, logsums += a.queries) {
      const Head<T> head(a, b, h);
      const Rows<T> out = Head<T>::template rows<T>(a, y, b, h, a.queries);
      pack(head.q, static_cast<T>(a.scale), padded_queries, padded, s.q);
      pack(head.k, T{1}, a.keys, padded, s.k);
      pack(head.v, T{1}, a.keys, padded, s.v);
      for (std::int64_t i = 0; i < a.queries; i += step) {
        pack_lanes(s.q + i * padded, padded, s.lanes_q);
        const auto logsum =
            padded == chunk ? forward_block<chunk>(s, a.keys, padded) : forward_block<0>(s, a.keys, padded);
        unpack_lanes(s.lanes_y, T{1}, i, out);
        for (std::int64_t l = 0; l < step && i + l < a.queries; ++l) logsums[i + l] = logsum[l];
      }
    }
  }
}

/// Memory of the backward pass of a head.
template <class T>
struct BackwardScratch {
  Scratch<T> memory;
  T *q, *dy, *k, *v, *lanes_dq, *lanes_k, *lanes_v, *lanes_dk, *lanes_dv, *logsums, *means, *bias;

  BackwardScratch(std::int64_t queries, std::int64_t keys, std::int64_t padded)
      : memory((3 * queries + 2 * keys + 4 * lanes<T>)*padded + 2 * queries + keys),
        q(memory.data()),
        dy(q + queries * padded),
        k(dy + queries * padded),
        v(k + keys * padded),
        lanes_dq(v + keys * padded),
        lanes_k(lanes_dq + queries * padded),
        lanes_v(lanes_k + lanes<T> * padded),
        lanes_dk(lanes_v + lanes<T> * padded),
        lanes_dv(lanes_dk + lanes<T> * padded),
        logsums(lanes_dv + lanes<T> * padded),
        means(logsums + queries),
        bias(means + queries) {}
};

/// Adds to `sums` [chunk]: factor·row[e], for each component e.
template <class T, class V>
FOKKER_INLINE void add_outer(V factor, const T* row, V* sums) {
#pragma GCC unroll 8
  for (int e = 0; e < chunk; ++e) sums[e] = fma(factor, splat<V>(row[e]), sums[e]);
}

/// Adds factor·row[e] to sums[e] in memory, for all components e.
template <class T>
FOKKER_INLINE void add_outer(VectorOf<T> factor, const T* row, T* sums, std::int64_t padded) {
  for (std::int64_t e = 0; e < padded; ++e)
    store(sums + e * lanes<T>, fma(factor, splat<VectorOf<T>>(row[e]), load<VectorOf<T>>(sums + e * lanes<T>)));
}

/// A block of keys in lanes, `inside` those that exist, against all queries: its dk and dv, and its part of dq.
template <int fixed, class T>
void backward_block(const BackwardScratch<T>& s, std::int64_t first, std::int64_t queries, std::int64_t padded,
                    typename Simd<T>::I inside) {
  using V = VectorOf<T>;
  constexpr int n = lanes<T>;
  V dk[chunk] = {}, dv[chunk] = {};
  const V bias = load<V>(s.bias + first);
  if constexpr (fixed == 0) __builtin_memset(s.lanes_dk, 0, static_cast<std::size_t>(2 * n * padded) * sizeof(T));
  for (std::int64_t i = 0; i < queries; i += n) {
    V by_logit[n];
    for (int l = 0; l < n; ++l) {
      const T *q = s.q + (i + l) * padded, *dy = s.dy + (i + l) * padded;
      const V weight = exp(dot<fixed>(s.lanes_k, q, padded) + bias - splat<V>(s.logsums[i + l]));
      const V d = weight * (dot<fixed>(s.lanes_v, dy, padded) - splat<V>(s.means[i + l]));
      by_logit[l] = inside ? d : V{};
      if constexpr (fixed > 0) {
        add_outer(weight, dy, dv);
        add_outer(by_logit[l], q, dk);
      } else {
        add_outer(weight, dy, s.lanes_dv, padded);
        add_outer(by_logit[l], q, s.lanes_dk, padded);
      }
    }
    transpose(by_logit);
    for (std::int64_t c = 0; c < padded; c += chunk) {
      T* at = s.lanes_dq + i * padded + c * n;
      V dq[chunk];
      for (int e = 0; e < chunk; ++e) dq[e] = load<V>(at + e * n);
#pragma GCC unroll 16
      for (int l = 0; l < n; ++l) add_outer(by_logit[l], s.k + (first + l) * padded + c, dq);
      for (int e = 0; e < chunk; ++e) store(at + e * n, dq[e]);
    }
  }
  if constexpr (fixed > 0)
    for (int e = 0; e < chunk; ++e) {
      store(s.lanes_dk + e * n, dk[e]);
      store(s.lanes_dv + e * n, dv[e]);
    }
}

/// Packs a head, and Σ y·dy by query: the mean of the gradients by the weights.  Queries beyond the last weigh nothing.
template <class T>
void pack_backward(const BackwardScratch<T>& s, const Head<T>& head, const Rows<const T>& y, const Rows<const T>& dy,
                   const T* logsums, T scale) {
  const std::int64_t queries = rounded_up(y.count, lanes<T>), keys = rounded_up(head.k.count, lanes<T>);
  pack(head.q, scale, queries, head.padded, s.q);
  pack(dy, T{1}, queries, head.padded, s.dy);
  pack(head.k, T{1}, keys, head.padded, s.k);
  pack(head.v, T{1}, keys, head.padded, s.v);
  __builtin_memset(s.lanes_dq, 0, static_cast<std::size_t>(queries * head.padded) * sizeof(T));
  for (std::int64_t i = 0; i < queries; ++i) {
    s.logsums[i] = i < y.count ? logsums[i] : T{};
    s.means[i] = 0;
    for (std::int64_t e = 0; e < y.size && i < y.count; ++e)
      s.means[i] += y.data[i * y.pitch + e] * dy.data[i * y.pitch + e];
  }
}

template <class T>
void attention_backward(const AttentionArguments& a, const AttentionGradients& g) {
  constexpr std::int64_t step = lanes<T>;
  const std::int64_t padded = rounded_up(a.size, chunk), queries = rounded_up(a.queries, step);
  const BackwardScratch<T> s(queries, rounded_up(a.keys, step), padded);
  const T* logsums = static_cast<const T*>(g.logsums);
  typename Simd<T>::V lane{};
  for (int l = 0; l < step; ++l) lane[l] = static_cast<T>(l);
  for (std::int64_t b = 0; b < a.batch; ++b) {
    pack_bias(a, b, rounded_up(a.keys, step), s.bias);
    for (std::int64_t h = 0; h < a.heads; ++h, logsums += a.queries) {
      const Head<T> head(a, b, h);
      const auto rows = [&](auto* data, std::int64_t count) { return Head<T>::template rows<T>(a, data, b, h, count); };
      const auto constant = [&](const void* data) { return Head<T>::rows(a, data, b, h, a.queries); };
      pack_backward(s, head, constant(g.y), constant(g.dy), logsums, static_cast<T>(a.scale));
      for (std::int64_t j = 0; j < a.keys; j += step) {
        pack_lanes(s.k + j * padded, padded, s.lanes_k);
        pack_lanes(s.v + j * padded, padded, s.lanes_v);
        const auto inside = lane < splat<VectorOf<T>>(a.keys - j);
        if (padded == chunk)
          backward_block<chunk>(s, j, queries, padded, inside);
        else
          backward_block<0>(s, j, queries, padded, inside);
        unpack_lanes(s.lanes_dk, T{1}, j, rows(g.dk, a.keys));
        unpack_lanes(s.lanes_dv, T{1}, j, rows(g.dv, a.keys));
      }
      for (std::int64_t i = 0; i < queries; i += step)
        unpack_lanes(s.lanes_dq + i * padded, static_cast<T>(a.scale), i, rows(g.dq, a.queries));
    }
  }
}

}  // namespace

extern constexpr ByDtype<Attention> attention_table{{attention_forward<float>, attention_backward<float>},
                                                    {attention_forward<double>, attention_backward<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
