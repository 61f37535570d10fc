#pragma once

#include <cstdint>

namespace fokker::kernels {

/// Computes softmax(scale·q kᵀ + key_bias) v by head: q, y [batch, queries, heads·size], k, v [batch, keys,
/// heads·size], key_bias [batch, keys] or null.  Logits are never stored.  `logsums` [batch, heads, queries] holds the
/// logarithm of each softmax's denominator.
struct AttentionArguments {
  std::int64_t batch, queries, keys, heads, size;
  double scale;
  const void *q, *k, *v, *key_bias;
};

struct AttentionGradients {
  const void *y, *logsums, *dy;
  void *dq, *dk, *dv;  // overwritten
};

struct Attention {
  void (*forward)(const AttentionArguments&, void* y, void* logsums);
  void (*backward)(const AttentionArguments&, const AttentionGradients&);
};

}  // namespace fokker::kernels
