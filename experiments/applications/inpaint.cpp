#include "fokker/experiments/applications/inpaint.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/application_data.h"
#include "fokker/experiments/applications/judges.h"
#include "fokker/experiments/data/masks.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {
namespace {

/// The inputs with what is measured of them, in the units of the network.
struct Problem {
  ApplicationData data;
  std::vector<bool> known;  // for each element; empty: none is known as it is
  Measurement measured;     // a row of y for each input
};

Operator make_operator(const InpaintConfig& config, const Shape& sample, const std::vector<bool>& known) {
  if (config.measured == "mask") return masking(sample, known);
  if (config.measured == "super_resolution") return average_pooling(sample, config.factor);
  if (config.measured == "blur") return gaussian_blur(sample, config.blur);
  const auto rows = std::llround(config.share * static_cast<double>(sample.size()));
  return random_projection(sample, rows, config.sampler.seed);
}

Problem make_problem(const TrainedRun& run, const InpaintConfig& config, const ApplicationInput& input) {
  Problem problem{.data = application_data(run, input, config.n), .known = {}, .measured = {}};
  const Shape& sample = run.model.sample_shape;
  if (config.measured == "mask") problem.known = known_part(config.mask, sample, config.sampler.seed);
  Measurement& measured = problem.measured;
  measured.op = make_operator(config, sample, problem.known);
  measured.noise = in_network_units(run.model.facts, config.noise);
  measured.y = measured.op->apply(problem.data.prepared);
  if (measured.noise > 0)
    measured.y = measured.y + Rng(config.sampler.seed, Stream::noise).normal(measured.y.shape()) * measured.noise;
  return problem;
}

/// Samples [n·samples, …] given the measurements, in the units of the network.
Tensor draw(const TrainedRun& run, const InpaintConfig& config, const Problem& problem, const RunOptions& options) {
  const Measurement each{problem.measured.op, repeat_rows(problem.measured.y, config.samples), problem.measured.noise};
  SampleConfig sampler = config.sampler;
  sampler.n = each.y.extent(0);
  const double deviation = config.data_sigma.value_or(data_deviation(run.model.data()));
  SampleOptions sampling{.shape = run.model.sample_shape};
  sampling.progress = options.watching("inpainting " + config.name);
  if (config.method == "twisted")
    return sample_twisted(run.score, *run.model.sde, each,
                          {.particles = config.particles, .data_sigma = deviation, .limit = config.limit}, sampler,
                          sampling)
        .values;
  const PosteriorConfig posterior{config.method, config.strength, deviation, config.tolerance, config.limit};
  return sample(posterior_score(run.score, *run.model.sde, each, posterior), *run.model.sde, sampler, sampling).values;
}

/// Known elements of `samples` become those of `truth`, each row of which has `each` samples.
void restore_known(Tensor& samples, const Tensor& truth, const std::vector<bool>& known, std::size_t each) {
  auto values = samples.data<float>();
  const auto exact = truth.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t element = i % known.size(), row = i / known.size() / each;
    if (known[element]) values[i] = exact[row * known.size() + element];
  }
}

/// A tensor of the shape of one sample: 1 where an element counts as hidden (or known), else 0.
Tensor indicator(const std::vector<bool>& known, bool of_known, const Shape& sample) {
  std::vector<double> values(static_cast<std::size_t>(sample.size()), of_known ? 0 : 1);
  for (std::size_t i = 0; i < known.size(); ++i) values[i] = known[i] == of_known ? 1 : 0;
  return Tensor::from(values, sample);
}

/// The root of the mean square over the chosen elements, for each row.
std::vector<double> rows_rms(const Tensor& x, const Tensor& chosen) {
  const Tensor squares = cast(square(x) * chosen, Dtype::f64);
  std::vector<double> rms = sum(reshape(squares, {x.extent(0), x.size() / x.extent(0)}), {1}).to_vector();
  for (double& value : rms) value = std::sqrt(value / sum(chosen).item());
  return rms;
}

struct Drawn {
  Tensor samples, mean, spread;  // in the units of the data
};

void add_errors(Findings& findings, const Problem& problem, const Drawn& drawn, double range) {
  const Shape sample = without_axis(drawn.mean.shape(), 0);
  const Tensor hidden = indicator(problem.known, false, sample);
  const Tensor truth = problem.data.x;
  const std::int64_t each = drawn.samples.extent(0) / truth.extent(0);
  const auto share = [&](const Tensor& x) { return x * (1 / range); };
  const auto errors = rows_rms(share(drawn.samples - repeat_rows(truth, each)), hidden);
  findings.figures.push_back(mean_figure("rmse", input_means(errors, each), positive_range));
  findings.figures.push_back(mean_figure("rmse_of_mean", rows_rms(share(drawn.mean - truth), hidden), positive_range));
  if (each > 1)
    findings.figures.push_back(mean_figure("spread_hidden", rows_rms(share(drawn.spread), hidden), positive_range));
  if (each > 1 && !problem.known.empty())
    findings.figures.push_back(mean_figure(
        "spread_known", rows_rms(share(drawn.spread), indicator(problem.known, true, sample)), positive_range));
}

void add_classes(Findings& findings, const TrainedRun& run, const Problem& problem, const Drawn& drawn,
                 Judges& judges) {
  const auto& labels = problem.data.labels;
  if (labels.empty() || run.model.facts.classes < 2) return;
  const FeatureClassifier& classifier = judges.classifier(run);
  const auto share = [&](const char* name, const Tensor& x) {
    const auto found = classifier.classify(x);
    const std::size_t each = found.size() / labels.size();
    std::int64_t right = 0;
    for (std::size_t i = 0; i < found.size(); ++i) right += found[i] == labels[i / each];
    findings.figures.push_back(
        share_figure(name, static_cast<double>(right) / static_cast<double>(each), std::ssize(labels)));
  };
  share("class_kept", drawn.samples);
  share("class_kept_by_mean", drawn.mean);
  share("class_of_truth", problem.data.x);
}

/// Measurements in the place of samples, in the units of the data.
Tensor view_of(const Measurement& measured, const DataFacts& data) {
  const LinearOperator& op = *measured.op;
  const bool same = op.output() == op.input();
  return data.scaling.invert(same ? measured.y : op.adjoint(op.solve(measured.y, 1, 0)));
}

}  // namespace

void InpaintConfig::validate() const {
  require<ConfigError>(sampler.n == SampleConfig{}.n, "[{}] n and samples say how many; leave sampler.n out", name);
  require<ConfigError>(method != "twisted" || sampler.solver == "ancestral",
                       "[{}] twisted takes ancestral steps; leave sampler.solver out, got \"{}\"", name,
                       sampler.solver);
}

void InpaintConfig::check(const Model& model) const {
  require_held_out(model);
  in_network_units(model.facts, 1);
  const bool masked = measured == "mask";
  make_operator(*this, model.sample_shape,
                masked ? known_part(mask, model.sample_shape, sampler.seed) : std::vector<bool>{});
}

Findings inpaint(const TrainedRun& run, const InpaintConfig& config, const ApplicationInput& input,
                 const RunOptions& options) {
  config.validate();
  const DataFacts& data = run.model.facts;
  const Problem problem = make_problem(run, config, input);
  const Tensor found = draw(run, config, problem, options);
  Drawn drawn{.samples = data.scaling.invert(found), .mean = {}, .spread = {}};
  const bool exact = config.noise == 0 && !problem.known.empty();
  if (exact) restore_known(drawn.samples, problem.data.x, problem.known, static_cast<std::size_t>(config.samples));
  const auto [mean, spread] = over_samples(drawn.samples, config.samples);
  drawn.mean = mean, drawn.spread = spread;
  if (exact) restore_known(drawn.mean, problem.data.x, problem.known, 1);

  Findings findings;
  const double range = data.range.high - data.range.low;
  add_errors(findings, problem, drawn, range);
  const Tensor off = problem.measured.op->apply(found) - repeat_rows(problem.measured.y, config.samples);
  const Tensor all = Tensor::ones(problem.measured.op->output());
  findings.figures.push_back(
      mean_figure("consistency", input_means(rows_rms(off * (1 / in_network_units(data, 1)), all), config.samples),
                  positive_range));
  add_classes(findings, run, problem, drawn, *input.judges);
  const Tensor view = view_of(problem.measured, data);
  Shape grouped = with_axis(with_extent(drawn.samples.shape(), 0, problem.data.size()), 1, config.samples);
  findings.arrays = {{"truth", problem.data.x},
                     {"measured", view},
                     {"samples", drawn.samples.view(grouped)},
                     {"mean", drawn.mean},
                     {"spread", spread}};
  if (!problem.known.empty())
    findings.arrays.emplace_back("known", indicator(problem.known, true, run.model.sample_shape));
  if (!problem.data.labels.empty()) {
    const std::vector<double> labels(problem.data.labels.begin(), problem.data.labels.end());
    findings.arrays.emplace_back("labels", Tensor::from(labels, {std::ssize(labels)}));
  }
  const Look look = look_of(data);
  add_rows(findings, "samples", {problem.data.x, view, drawn.mean, drawn.samples, spread * 2 + look.range.low}, look);
  return findings;
}

}  // namespace fokker
