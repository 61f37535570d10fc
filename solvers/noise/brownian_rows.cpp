#include "fokker/solvers/noise/brownian_rows.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

using detail::gather_rows;
using detail::Rows;

BrownianIncrement gather(const BrownianIncrement& b, const Rows& rows) {
  return {gather_rows(b.w, rows), gather_rows(b.h, rows), gather_rows(b.k, rows)};
}

}  // namespace

BrownianRows::BrownianRows(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype,
                           std::int64_t first_sample, BrownianPath::Split split)
    : tree_{seed, shape, begin, end, dtype, first_sample, split} {
  tree_.check();
  whole_ = tree_.root(tree_.normals(0));
  levels_.resize(bits);
}

std::int64_t BrownianRows::place(double t) const { return static_cast<std::int64_t>(std::llround(tree_.place(t))); }

void BrownianRows::visit(int level, std::int64_t index, const Rows& rows) const {
  Level& at = levels_[static_cast<std::size_t>(level)];
  const std::int64_t node = detail::BrownianTree::node(level, index);
  if (at.node.empty()) {
    at.node.assign(static_cast<std::size_t>(shape()[0]), -1);
    for (BrownianIncrement& part : at.part)
      part = {Tensor::empty(shape(), dtype()), Tensor::empty(shape(), dtype()), Tensor::empty(shape(), dtype())};
  }
  Rows missing;
  for (const std::size_t row : rows)
    if (at.node[row] != node) missing.push_back(row);
  if (missing.empty()) return;
  const double middle = (static_cast<double>(index) + 0.5) * std::ldexp(1.0, bits - level);
  const auto parts = tree_.cut(level, index, middle, cell(level, index, missing), tree_.normals(node, missing));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    detail::scatter_rows(parts[i].w, missing, at.part[i].w);
    detail::scatter_rows(parts[i].h, missing, at.part[i].h);
    detail::scatter_rows(parts[i].k, missing, at.part[i].k);
  }
  for (const std::size_t row : missing) at.node[row] = node;
}

BrownianIncrement BrownianRows::cell(int level, std::int64_t index, const Rows& rows) const {
  if (level == 0) return gather(whole_, rows);
  visit(level - 1, index >> 1, rows);
  return gather(levels_[static_cast<std::size_t>(level - 1)].part[static_cast<std::size_t>(index & 1)], rows);
}

BrownianIncrement BrownianRows::increment(std::int64_t from, std::int64_t to, const Rows& rows, int areas) const {
  require<ConfigError>(from >= 0 && to <= std::int64_t{1} << bits && to > from,
                       "[noise] places {} to {} are no interval of the Brownian path", from, to);
  BrownianIncrement sum;
  double length = 0;
  while (from < to) {  // take the largest cell that begins here and ends in time
    int size = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(to - from))) - 1;
    if (from > 0) size = std::min(size, std::countr_zero(static_cast<std::uint64_t>(from)));
    const std::int64_t next = from + (std::int64_t{1} << size);
    const BrownianIncrement b = cell(bits - size, from >> size, rows);
    const double added = std::abs(time(next) - time(from));
    sum = length == 0 ? b : join(sum, length, b, added);
    length += added;
    from = next;
  }
  if (areas < 2) sum.k = {};
  if (areas < 1) sum.h = {};
  return sum;
}

namespace detail {

Tensor gather_rows(const Tensor& x, const Rows& rows) {
  const std::vector<std::int64_t> indices(rows.begin(), rows.end());
  return fokker::gather(x, indices);
}

void scatter_rows(const Tensor& some, const Rows& rows, Tensor& all) {
  if (all.size() == 0) return;
  const auto bytes = static_cast<std::size_t>(all.bytes() / all.extent(0));
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::memcpy(static_cast<std::byte*>(all.raw()) + rows[i] * bytes,
                static_cast<const std::byte*>(some.raw()) + i * bytes, bytes);
}

}  // namespace detail
}  // namespace fokker
