#include "fokker/sde/score.h"

#include <algorithm>

namespace fokker {

Score rows_of(const Score& score, std::int64_t first, std::int64_t count) {
  const auto* by_rows = score.target<ByRows>();
  return by_rows ? by_rows->rows(first, count) : score;
}

Score compose(std::vector<Score> parts, std::function<Score(const std::vector<Score>&)> make) {
  if (!std::ranges::all_of(parts, &takes_shards)) return WholeBatch{make(parts)};
  if (std::ranges::none_of(parts, [](const Score& part) { return part.target<ByRows>() != nullptr; }))
    return make(parts);
  return ByRows{[parts = std::move(parts), make = std::move(make)](std::int64_t first, std::int64_t count) {
    std::vector<Score> of_rows;
    for (const Score& part : parts) of_rows.push_back(rows_of(part, first, count));
    return make(of_rows);
  }};
}

}  // namespace fokker
