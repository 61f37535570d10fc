#pragma once

#include <time.h>

#include <nlohmann/json.hpp>
#include <string>

#include "fokker/core/base/precision.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/norm.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"

// The kinds of work in a step of the U-Net of unet.cpp, timed one by one on one thread.
namespace bench {

using namespace fokker;

/// `count` convolutions of one shape; channels in multiples of the width, 0 for the image's one channel.
struct ConvLayer {
  std::int64_t side, in, out;
  int kernel, stride, count;
};

inline constexpr ConvLayer conv_layers[] = {
    {32, 0, 1, 3, 1, 1}, {32, 1, 1, 3, 1, 7}, {32, 1, 1, 3, 2, 1}, {32, 2, 2, 3, 1, 1}, {32, 3, 1, 3, 1, 1},
    {32, 2, 1, 3, 1, 2}, {32, 1, 0, 3, 1, 1}, {16, 1, 2, 3, 1, 1}, {16, 2, 2, 3, 1, 6}, {16, 2, 2, 3, 2, 1},
    {16, 4, 4, 3, 1, 1}, {16, 6, 2, 3, 1, 1}, {16, 4, 2, 3, 1, 1}, {16, 3, 2, 3, 1, 1}, {8, 2, 4, 3, 1, 1},
    {8, 4, 4, 3, 1, 10}, {8, 8, 4, 3, 1, 2},  {8, 6, 4, 3, 1, 1},  {32, 3, 1, 1, 1, 1}, {32, 2, 1, 1, 1, 2},
    {16, 1, 2, 1, 1, 1}, {16, 6, 2, 1, 1, 1}, {16, 4, 2, 1, 1, 1}, {16, 3, 2, 1, 1, 1}, {8, 2, 4, 1, 1, 1},
    {8, 8, 4, 1, 1, 2},  {8, 6, 4, 1, 1, 1},
};

/// `count` norms at `side` over `channels` multiples of the width.
struct NormLayer {
  std::int64_t side, channels;
  int count;
};
inline constexpr NormLayer norm_layers[] = {{32, 1, 8}, {32, 3, 1}, {32, 2, 2}, {16, 1, 1}, {16, 2, 12}, {16, 6, 1},
                                            {16, 4, 1}, {16, 3, 1}, {8, 2, 1},  {8, 4, 11}, {8, 8, 2},   {8, 6, 1}};

/// Seconds of CPU time, the least of seven runs.
template <class F>
double least_seconds(F&& work) {
  const auto now = [] {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  work();
  double least = 1e30;
  for (int i = 0; i < 7; ++i) {
    const double start = now();
    work();
    least = std::min(least, now() - start);
  }
  return least;
}

/// Adds up the parts of one kind over a step of 64 images in shards of eight.
struct Kind {
  double milliseconds = 0, flop = 0, best = 0;  // best: largest GF/s of a layer

  void add(int count, double seconds, double layer_flop) {
    milliseconds += 8e3 * count * seconds;
    flop += 8 * count * layer_flop;
    best = std::max(best, layer_flop / seconds * 1e-9);
  }
  nlohmann::ordered_json json() const {
    nlohmann::ordered_json result{{"ms", milliseconds}};
    if (flop > 0) result.update({{"gflop", flop * 1e-9}, {"gf_per_s", flop / milliseconds * 1e-6}, {"best", best}});
    return result;
  }
};

inline void time_convolutions(std::int64_t width, nlohmann::ordered_json& found) {
  for (int kernel : {3, 1}) {
    Kind forward, by_input, by_weight;
    for (const ConvLayer& l : conv_layers) {
      if (l.kernel != kernel) continue;
      const std::int64_t in = std::max<std::int64_t>(1, l.in * width), out = std::max<std::int64_t>(1, l.out * width);
      const ConvGeometry g{l.stride, l.kernel / 2};
      const Tensor x = Rng(1).normal({8, l.side, l.side, in}), w = Rng(2).normal({out, in, l.kernel, l.kernel});
      const Tensor dy = conv2d(x, w, {}, g);
      const double flop = 2.0 * static_cast<double>(dy.size() * in * l.kernel * l.kernel);
      forward.add(l.count, least_seconds([&] { conv2d(x, w, {}, g); }), flop);
      if (l.in > 0) by_input.add(l.count, least_seconds([&] { conv2d_input_gradient(dy, w, x.shape(), g); }), flop);
      by_weight.add(l.count, least_seconds([&] { conv2d_weight_gradient(x, dy, w.shape(), g); }), flop);
    }
    const std::string name = "conv " + std::to_string(kernel) + "x" + std::to_string(kernel);
    found[name + " forward"] = forward.json();
    found[name + " input gradient"] = by_input.json();
    found[name + " weight gradient"] = by_weight.json();
  }
}

/// Forward, and forward with backward less the forward, of f at x.
template <class F>
void time_both(Kind& forward, Kind& backward, int count, const std::vector<Tensor>& x, F f) {
  std::vector<Tensor> leaves;
  for (const Tensor& t : x) leaves.push_back(t.leaf());
  const double alone = least_seconds([&] { f(x); });
  const double both = least_seconds([&] { grad(f(leaves), leaves); });
  forward.add(count, alone, 0);
  backward.add(count, std::max(0.0, both - alone), 0);
}

inline void time_others(std::int64_t width, nlohmann::ordered_json& found) {
  Kind norm, norm_back, attends, attends_back, linear, linear_back;
  for (const NormLayer& l : norm_layers) {
    const std::int64_t c = l.channels * width;
    time_both(norm, norm_back, l.count, {Rng(1).normal({8, l.side, l.side, c}), Tensor::ones({c}), Tensor::zeros({c})},
              [](const std::vector<Tensor>& x) { return group_norm(x[0], x[1], x[2], 8, 1e-5, Activation::silu); });
  }
  for (const auto& [tokens, c, count] : {std::tuple{256, 2 * width, 5}, {64, 4 * width, 1}}) {
    const Shape shape{8, tokens, c};
    const int heads = static_cast<int>(c / 8);
    time_both(attends, attends_back, count, {Rng(1).normal(shape), Rng(2).normal(shape), Rng(3).normal(shape)},
              [heads](const std::vector<Tensor>& x) { return attention(x[0], x[1], x[2], heads); });
    time_both(linear, linear_back, 4 * count, {Rng(1).normal(shape), Rng(2).normal({c, c})},
              [](const std::vector<Tensor>& x) { return matmul(x[0], x[1], Transpose::no, Transpose::yes); });
  }
  found["norm and SiLU forward"] = norm.json();
  found["norm and SiLU backward"] = norm_back.json();
  found["attention forward"] = attends.json();
  found["attention backward"] = attends_back.json();
  found["attention's linear layers forward"] = linear.json();
  found["attention's linear layers backward"] = linear_back.json();
}

/// Milliseconds of CPU a step by kind, and the rate of those that are products.
inline nlohmann::ordered_json parts(Precision precision, std::int64_t width) {
  const MixedPrecision scope(precision);
  nlohmann::ordered_json found;
  time_convolutions(width, found);
  time_others(width, found);
  return found;
}

}  // namespace bench
