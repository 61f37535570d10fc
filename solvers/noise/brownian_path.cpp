#include "fokker/solvers/noise/brownian_path.h"

#include <cmath>

namespace fokker {

BrownianPath::BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype,
                           std::int64_t first_sample, Split split)
    : tree_{seed, shape, begin, end, dtype, first_sample, split} {
  tree_.check();
  whole_ = tree_.root(tree_.normals(0));
  visited_.resize(leaf_level + 1);
}

const BrownianPath::Parts& BrownianPath::cut(int level, std::int64_t index, double at) const {
  Parts& parts = visited_[static_cast<std::size_t>(level)];
  const std::int64_t node = detail::BrownianTree::node(level, index);
  if (parts.node == node && parts.at == at) return parts;
  parts.part = tree_.cut(level, index, at, cell(level, index), tree_.normals(node));
  parts.node = node, parts.at = at;
  return parts;
}

BrownianIncrement BrownianPath::cell(int level, std::int64_t index) const {
  if (level == 0) return whole_;
  const std::int64_t parent = index >> 1;
  const double middle = (static_cast<double>(parent) + 0.5) * std::ldexp(1.0, leaf_level - level + 1);
  return cut(level - 1, parent, middle).part[static_cast<std::size_t>(index & 1)];
}

void BrownianPath::collect(int level, std::int64_t index, std::array<double, 2> range, Piece& sum) const {
  const auto [from, to] = range;
  const double width = std::ldexp(1.0, leaf_level - level);
  const double low = static_cast<double>(index) * width, high = low + width;
  if (to <= low || from >= high) return;
  const auto add = [&](const BrownianIncrement& b, double a, double z) {
    const double length = std::abs(tree_.time(z) - tree_.time(a));
    sum.b = sum.length == 0 ? b : join(sum.b, sum.length, b, length);
    sum.length += length;
  };
  if (from <= low && to >= high) return add(cell(level, index), low, high);
  if (level < leaf_level) {
    collect(level + 1, 2 * index, range, sum);
    collect(level + 1, 2 * index + 1, range, sum);
  } else if (from > low) {
    add(cut(level, index, from).part[1], from, high);
  } else {
    add(cut(level, index, to).part[0], low, to);
  }
}

BrownianIncrement BrownianPath::increment(std::int64_t, double t0, double t1, int areas) const {
  const double from = tree_.place(t0), to = tree_.place(t1);
  require<ConfigError>(from >= 0 && to <= std::ldexp(1.0, leaf_level) && to > from,
                       "[noise] [{}, {}] is no interval of the Brownian path from {} to {}", t0, t1, tree_.begin,
                       tree_.end);
  require<ConfigError>(to - from >= 1, "[noise] [{}, {}] is shorter than a leaf of the path from {} to {}", t0, t1,
                       tree_.begin, tree_.end);
  Piece sum;
  collect(0, 0, {from, to}, sum);
  if (areas < 2) sum.b.k = {};
  if (areas < 1) sum.b.h = {};
  return sum.b;
}

}  // namespace fokker
