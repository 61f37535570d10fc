#pragma once

#include <cstdint>

namespace fokker::kernels {

/// softmax(scale·q kᵀ) v by head: q, y [batch, queries, heads·size], k, v [batch, keys, heads·size].  Logits are never
/// stored; `logsums` [batch, heads, queries] holds the logarithm of each softmax's denominator.
struct AttentionArguments {
  std::int64_t batch, queries, keys, heads, size;
  double scale;
  const void *q, *k, *v;
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
