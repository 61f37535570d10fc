#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

template <class T>
struct AdamStep {
  using V = VectorOf<T>;
  V beta1, gain1, beta2, gain2, keep, rate, correction1, correction2, epsilon, scale;

  explicit AdamStep(const AdamArguments& a)
      : beta1(splat<V>(a.beta1)),
        gain1(splat<V>(1 - a.beta1)),
        beta2(splat<V>(a.beta2)),
        gain2(splat<V>(1 - a.beta2)),
        keep(splat<V>(1 - a.decay)),
        rate(splat<V>(-a.learning_rate)),
        correction1(splat<V>(a.correction1)),
        correction2(splat<V>(a.correction2)),
        epsilon(splat<V>(a.epsilon)),
        scale(splat<V>(a.gradient_scale)) {}

  FOKKER_INLINE void operator()(V gradient, V& p, V& m, V& v) const {
    const V g = gradient * scale;
    m = fma(beta1, m, gain1 * g);
    v = fma(beta2, v, gain2 * (g * g));
    p = fma(rate, (m * correction1) / (square_root(v * correction2) + epsilon), p * keep);
  }
};

template <class T>
void adam(const AdamArguments& arguments, const void* gradient, void* parameter, void* first, void* second,
          std::int64_t n) {
  using V = VectorOf<T>;
  const AdamStep<T> step(arguments);
  const T* g = static_cast<const T*>(gradient);
  T *p = static_cast<T*>(parameter), *m = static_cast<T*>(first), *v = static_cast<T*>(second);
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) {
    V p_i = load<V>(p + i), m_i = load<V>(m + i), v_i = load<V>(v + i);
    step(load<V>(g + i), p_i, m_i, v_i);
    store(p + i, p_i);
    store(m + i, m_i);
    store(v + i, v_i);
  }
  if (i == n) return;
  V p_i = load_partial(p + i, n - i), m_i = load_partial(m + i, n - i), v_i = load_partial(v + i, n - i);
  step(load_partial(g + i, n - i), p_i, m_i, v_i);
  store_partial(p + i, p_i, n - i);
  store_partial(m + i, m_i, n - i);
  store_partial(v + i, v_i, n - i);
}

template <class T>
void ema(double decay, const void* parameter, void* mean, std::int64_t n) {
  using V = VectorOf<T>;
  const T* p = static_cast<const T*>(parameter);
  T* average = static_cast<T*>(mean);
  const V gain = splat<V>(1 - decay);
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) {
    const V a = load<V>(average + i);
    store(average + i, fma(gain, load<V>(p + i) - a, a));
  }
  if (i == n) return;
  const V a = load_partial(average + i, n - i);
  store_partial(average + i, fma(gain, load_partial(p + i, n - i) - a, a), n - i);
}

}  // namespace

extern constexpr ByDtype<Update> update_table{{adam<float>, ema<float>}, {adam<double>, ema<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
