#include "fokker/experiments/applications/application_data.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {

namespace {

/// Throws ConfigError for values in other units than those of the run's data.
void check_values(const ApplicationInput& input, const Tensor& x, const ValueRange& range, double reach) {
  const double width = range.high - range.low, margin = width > 0 ? reach * width : INFINITY;
  const auto values = x.data<float>();
  const auto bad = std::ranges::find_if(
      values, [&](double v) { return !std::isfinite(v) || v < range.low - margin || v > range.high + margin; });
  if (bad == values.end()) return;
  const std::int64_t sample = (bad - values.begin()) / (x.size() / x.extent(0));
  require<ConfigError>(std::isfinite(*bad),
                       "[{}] sample {}: expected finite values in the range of the run's data, [{:g}, {:g}], got {}; "
                       "remove or replace them",
                       input.name, sample, range.low, range.high, *bad);
  throw ConfigError(
      fmt::format("[{}] sample {}: expected values in the range of the run's data, [{:g}, {:g}], or at most {:g} "
                  "outside, got {:g}; "
                  "give them in the units of the data",
                  input.name, sample, range.low, range.high, margin, *bad));
}

}  // namespace

void require_held_out(const Model& model) {
  require<ConfigError>(model.data().held_out.size() > 0,
                       "[input] the run has no held-out data; give an input, or train with data.held_out above 0");
}

ApplicationData application_data(const TrainedRun& run, const ApplicationInput& input, std::int64_t n, double reach) {
  const Scaling& scaling = run.model.facts.scaling;
  const bool given = input.x.defined();
  if (!given) require_held_out(run.model);
  const Dataset held_out = given ? Dataset{} : run.model.data().held_out;
  const Tensor all = given ? cast(input.x, Dtype::f32) : held_out.x;
  require<ShapeError>(all.rank() > 0 && all.extent(0) > 0 && without_axis(all.shape(), 0) == run.model.sample_shape,
                      "[{}] expected samples [N] + {}, as the run was trained on, got {}", input.name,
                      run.model.sample_shape, all.shape());
  if (given) check_values(input, all, run.model.facts.range, reach);
  const std::int64_t count = n > 0 ? std::min(n, all.extent(0)) : all.extent(0);
  const Tensor rows = all.rows(0, count);
  ApplicationData result{.x = given ? rows.clone() : scaling.invert(rows),
                         .prepared = given ? scaling.apply(rows) : rows};
  if (!given && !held_out.labels.empty())
    result.labels.assign(held_out.labels.begin(), held_out.labels.begin() + count);
  return result;
}

double in_network_units(const DataFacts& facts, double share) {
  if (share == 0) return 0;
  require<ConfigError>(facts.scaling.scale.size() == 1,
                       "[noise] the columns of these data have units of their own; expected data of one unit, such as "
                       "images or signals");
  return share * (facts.range.high - facts.range.low) / facts.scaling.scale.item();
}

double data_deviation(const Prepared& data) {
  const Tensor x = cast(data.training.x, Dtype::f64);
  const Tensor centre = mean(x, {0}, true);
  return std::sqrt(mean(square(x - centre)).item());
}

Tensor repeat_rows(const Tensor& x, std::int64_t times) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < x.extent(0) * times; ++i) rows.push_back(i / times);
  return gather(x, rows);
}

MeanAndSpread over_samples(const Tensor& x, std::int64_t each) {
  const NoGrad off_tape;
  const std::int64_t n = x.extent(0) / each;
  const Tensor grouped = reshape(x, {n, each, x.size() / x.extent(0)});
  const Tensor centre = mean(grouped, {1}, true);
  const Tensor variance =
      sum(square(grouped - centre), {1}) * (1 / static_cast<double>(std::max<std::int64_t>(each - 1, 1)));
  const Shape shape = with_extent(x.shape(), 0, n);
  return {reshape(centre, shape), reshape(sqrt(variance), shape)};
}

std::vector<double> input_means(const std::vector<double>& values, std::int64_t each) {
  std::vector<double> means(values.size() / static_cast<std::size_t>(each));
  for (std::size_t i = 0; i < values.size(); ++i)
    means[i / static_cast<std::size_t>(each)] += values[i] / static_cast<double>(each);
  return means;
}

std::vector<double> row_distances(const Tensor& a, const Tensor& b) {
  const NoGrad off_tape;
  const Tensor squares = cast(square(a - b), Dtype::f64);
  std::vector<double> distances = mean(reshape(squares, {a.extent(0), a.size() / a.extent(0)}), {1}).to_vector();
  for (double& distance : distances) distance = std::sqrt(distance);
  return distances;
}

void add_rows(Findings& findings, const std::string& name, const std::vector<Tensor>& columns, const Look& look) {
  constexpr std::int64_t most_rows = 12, most_samples = 4;
  const std::int64_t inputs = columns.front().extent(0);
  std::vector<Tensor> strips;
  std::int64_t width = 0;
  for (std::int64_t row = 0; row < std::min(inputs, most_rows); ++row) {
    width = 0;
    for (const Tensor& column : columns) {
      const std::int64_t each = column.extent(0) / inputs, shown = std::min(each, most_samples);
      strips.push_back(column.rows(row * each, row * each + shown));
      width += shown;
    }
  }
  const Tensor images = as_images(concat(strips, 0), look);
  if (drawable(images.shape()))
    findings.pictures.push_back(
        {name,
         images,
         {.low = look.range.low, .high = look.range.high, .columns = static_cast<int>(width), .separator = 2}});
}

}  // namespace fokker
