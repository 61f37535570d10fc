#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/scratch.h"
#include "fokker/core/kernels/vector_activation.h"
#include "fokker/core/kernels/vector_wide.h"

namespace fokker::kernels::FOKKER_ISA {

void gemm_f32(const GemmArguments& arguments);
void gemm_f64(const GemmArguments& arguments);

namespace {

constexpr int wide = lanes<double>;

/// Sums over the pixels of one sample, channel by channel in double: visit(channel, count) gives the sums of `count` ≤
/// wide channels from `channel` on.
template <class F>
FOKKER_INLINE void for_channels(std::int64_t channels, F visit) {
  std::int64_t c = 0;
  for (; c + wide <= channels; c += wide) visit(c, wide);
  if (c < channels) visit(c, channels - c);
}
template <class T>
FOKKER_INLINE F64 read(const T* p, std::int64_t count) {
  return count == wide ? load_wide(p) : load_wide_partial(p, count);
}
FOKKER_INLINE void write(double* p, F64 v, std::int64_t count) {
  if (count == wide)
    store(p, v);
  else
    store_partial(p, v, count);
}

/// sums[c] = Σ (x[p, c] − centre[c])^power over the pixels; centre null is 0, and the power is then 1, else 2.
template <class T>
void channel_sums(const T* x, std::int64_t pixels, std::int64_t channels, const double* centre, double* sums) {
  for_channels(channels, [&](std::int64_t c, std::int64_t count) {
    F64 sum[2] = {};
    const F64 mean = centre ? read(centre + c, count) : F64{};
    for (std::int64_t p = 0; p < pixels; ++p) {
      const F64 d = read(x + p * channels + c, count) - mean;
      sum[p % 2] += centre ? d * d : d;
    }
    write(sums + c, sum[0] + sum[1], count);
  });
}

/// Group sums of values[channel] into every channel of the group, divided by `count`.
void spread_group_means(double* values, std::int64_t channels, std::int64_t groups, double count) {
  const std::int64_t size = channels / groups;
  for (std::int64_t c = 0; c < channels; c += size) {
    double total = 0;
    for (std::int64_t i = 0; i < size; ++i) total += values[c + i];
    for (std::int64_t i = 0; i < size; ++i) values[c + i] = total / count;
  }
}

/// y = activation(x·gain + offset), gain and offset by channel.
template <bool with_silu, class T>
void apply(const T* x, T* y, const T* gain, const T* offset, std::int64_t pixels, std::int64_t channels) {
  using V = VectorOf<T>;
  for (std::int64_t p = 0; p < pixels; ++p, x += channels, y += channels) {
    std::int64_t c = 0;
    for (; c + lanes<T> <= channels; c += lanes<T>) {
      const V z = fma(load<V>(x + c), load<V>(gain + c), load<V>(offset + c));
      store(y + c, with_silu ? silu(z) : z);
    }
    const std::int64_t rest = channels - c;
    if (rest == 0) continue;
    const V z = fma(load_partial(x + c, rest), load_partial(gain + c, rest), load_partial(offset + c, rest));
    store_partial(y + c, with_silu ? silu(z) : z, rest);
  }
}

template <class T>
void norm_forward(const NormArguments& n, const void* input, const void* scale_data, const void* shift_data,
                  void* output, void* statistics_data) {
  const T *x = static_cast<const T*>(input), *scale = static_cast<const T*>(scale_data),
          *shift = static_cast<const T*>(shift_data);
  T *y = static_cast<T*>(output), *statistics = static_cast<T*>(statistics_data);
  const std::int64_t size = n.channels / n.groups;
  const double count = static_cast<double>(size * n.pixels);
  const Scratch<double> sums(2 * n.channels);
  const Scratch<T> affine(2 * n.channels);
  double *mean = sums.data(), *variance = mean + n.channels;
  T *gain = affine.data(), *offset = gain + n.channels;
  for (std::int64_t b = 0; b < n.batch; ++b, x += n.pixels * n.channels, y += n.pixels * n.channels) {
    channel_sums(x, n.pixels, n.channels, nullptr, mean);
    spread_group_means(mean, n.channels, n.groups, count);
    channel_sums(x, n.pixels, n.channels, mean, variance);
    spread_group_means(variance, n.channels, n.groups, count);
    for (std::int64_t c = 0; c < n.channels; ++c) {
      const double inverse = 1 / __builtin_sqrt(variance[c] + n.epsilon);
      if (c % size == 0) {
        *statistics++ = static_cast<T>(mean[c]);
        *statistics++ = static_cast<T>(inverse);
      }
      gain[c] = static_cast<T>(inverse * static_cast<double>(scale[c]));
      offset[c] = static_cast<T>(static_cast<double>(shift[c]) - mean[c] * inverse * static_cast<double>(scale[c]));
    }
    if (n.silu)
      apply<true>(x, y, gain, offset, n.pixels, n.channels);
    else
      apply<false>(x, y, gain, offset, n.pixels, n.channels);
  }
}

/// What backward needs by channel: normal = (x − mean)·inverse, z = normal·scale + shift.
template <class T>
struct ChannelTerms {
  T *mean, *inverse;
  const T *scale, *shift;
};

template <class T>
FOKKER_INLINE VectorOf<T> read_vector(const T* p, std::int64_t count) {
  return count == lanes<T> ? load<VectorOf<T>>(p) : load_partial(p, count);
}
template <class T>
FOKKER_INLINE void write_vector(T* p, VectorOf<T> v, std::int64_t count) {
  if (count == lanes<T>)
    store(p, v);
  else
    store_partial(p, v, count);
}

/// dz into dz, and by channel Σ dz and Σ dz·normal over the pixels, added up in double every few pixels.
template <bool with_silu, class T>
void pull_activation(const T* x, const T* dy, T* dz, const ChannelTerms<T>& t, const NormArguments& n, double* sum_dz,
                     double* sum_dz_normal) {
  using V = VectorOf<T>;
  constexpr std::int64_t run = 16;
  for (std::int64_t c = 0; c < n.channels; c += lanes<T>) {
    const std::int64_t count = n.channels - c < lanes<T> ? n.channels - c : lanes<T>;
    const V mean = read_vector(t.mean + c, count), inverse = read_vector(t.inverse + c, count);
    const V scale = read_vector(t.scale + c, count), shift = read_vector(t.shift + c, count);
    for (std::int64_t i = 0; i < count; ++i) sum_dz[c + i] = sum_dz_normal[c + i] = 0;
    for (std::int64_t begin = 0; begin < n.pixels; begin += run) {
      V part{}, part_normal{};
      for (std::int64_t p = begin; p < begin + run && p < n.pixels; ++p) {
        const std::int64_t at = p * n.channels + c;
        const V normal = (read_vector(x + at, count) - mean) * inverse;
        V d = read_vector(dy + at, count);
        if constexpr (with_silu) {
          const V z = fma(normal, scale, shift), s = sigmoid(z);
          d = d * fma(z, s - s * s, s);
        }
        write_vector(dz + at, d, count);
        part += d;
        part_normal = fma(d, normal, part_normal);
      }
      for (std::int64_t i = 0; i < count; ++i) {
        sum_dz[c + i] += static_cast<double>(part[i]);
        sum_dz_normal[c + i] += static_cast<double>(part_normal[i]);
      }
    }
  }
}

/// dx = inverse·(dz·scale − m1 − normal·m2), in place of dz; m1 and m2 are the group means of dz·scale (·normal).
template <class T>
void pull_normal(const T* x, T* dx, const ChannelTerms<T>& t, const NormArguments& n, const double* m1,
                 const double* m2) {
  using V = VectorOf<T>;
  for (std::int64_t c = 0; c < n.channels; c += lanes<T>) {
    const std::int64_t count = n.channels - c < lanes<T> ? n.channels - c : lanes<T>;
    const V mean = read_vector(t.mean + c, count), inverse = read_vector(t.inverse + c, count);
    const V scale = read_vector(t.scale + c, count);
    V first{}, second{};
    for (std::int64_t i = 0; i < count; ++i) {
      first[i] = static_cast<T>(m1[c + i]);
      second[i] = static_cast<T>(m2[c + i]);
    }
    for (std::int64_t p = 0; p < n.pixels; ++p) {
      const std::int64_t at = p * n.channels + c;
      const V normal = (read_vector(x + at, count) - mean) * inverse;
      write_vector(dx + at, inverse * (fma(read_vector(dx + at, count), scale, -first) - normal * second), count);
    }
  }
}

template <class T>
void norm_backward(const NormArguments& n, const void* x_data, const void* scale_data, const void* shift_data,
                   const void* statistics_data, const void* dy_data, void* dx_data, void* dscale_data,
                   void* dshift_data) {
  const T *x = static_cast<const T*>(x_data), *dy = static_cast<const T*>(dy_data);
  const T* statistics = static_cast<const T*>(statistics_data);
  T *dx = static_cast<T*>(dx_data), *dscale = static_cast<T*>(dscale_data), *dshift = static_cast<T*>(dshift_data);
  const std::int64_t size = n.channels / n.groups, step = n.pixels * n.channels;
  const Scratch<double> sums(4 * n.channels);
  const Scratch<T> by_channel(2 * n.channels);
  double *m1 = sums.data(), *m2 = m1 + n.channels, *shift_total = m2 + n.channels,
         *scale_total = shift_total + n.channels;
  const ChannelTerms<T> t{by_channel.data(), by_channel.data() + n.channels, static_cast<const T*>(scale_data),
                          static_cast<const T*>(shift_data)};
  for (std::int64_t c = 0; c < 2 * n.channels; ++c) shift_total[c] = 0;
  for (std::int64_t b = 0; b < n.batch; ++b, x += step, dy += step, dx += step, statistics += 2 * n.groups) {
    for (std::int64_t c = 0; c < n.channels; ++c) {
      t.mean[c] = statistics[2 * (c / size)];
      t.inverse[c] = statistics[2 * (c / size) + 1];
    }
    if (n.silu)
      pull_activation<true>(x, dy, dx, t, n, m1, m2);
    else
      pull_activation<false>(x, dy, dx, t, n, m1, m2);
    for (std::int64_t c = 0; c < n.channels; ++c) {
      shift_total[c] += m1[c];
      scale_total[c] += m2[c];
      m1[c] *= static_cast<double>(t.scale[c]);
      m2[c] *= static_cast<double>(t.scale[c]);
    }
    spread_group_means(m1, n.channels, n.groups, static_cast<double>(size * n.pixels));
    spread_group_means(m2, n.channels, n.groups, static_cast<double>(size * n.pixels));
    pull_normal(x, dx, t, n, m1, m2);
  }
  for (std::int64_t c = 0; c < n.channels; ++c) {
    dshift[c] = static_cast<T>(shift_total[c]);
    dscale[c] = static_cast<T>(scale_total[c]);
  }
}

}  // namespace

extern constexpr ByDtype<Linear> linear_table{{gemm_f32, norm_forward<float>, norm_backward<float>},
                                              {gemm_f64, norm_forward<double>, norm_backward<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
