#include "fokker/experiments/compare/report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fokker/core/io/png.h"
#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/compare/plot.h"
#include "fokker/experiments/report/page.h"
#include "fokker/experiments/report/svg.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/runs/run_directory.h"
#include "fokker/experiments/runs/utc.h"

namespace fokker {
namespace {

/// What the report says of its figures; {0} is the confidence in percent, {1} the number of seeds, {2} the level.
constexpr const char* method_text = R"(</dl>
<p><b>Budgets.</b> Evaluations of the score are counted where the score is called, the final denoising included. Each
solver takes the largest number of steps whose count fits the budget; one that chooses its own steps gets the smallest
tolerance that fits, and its mean count is shown.</p>
<p><b>Noise.</b> A seed gives all solvers the same draws of the prior. Steppers of one clock, grid and number of steps see
the same Brownian increments; with same_path = true all solvers driven in one variable see one Brownian path, whatever
their steps.</p>
<p><b>Exact samples.</b> The same figures for samples of the law itself in the place of a solver's: no sampler can be
expected below them. For a trained run they are training data, in the place of samples.</p>
<p><b>Intervals.</b> {0:g} % intervals of the mean over {1} seeds: Student's on the logarithmic scale, or, for figures that
are unbiased and may be negative (energy, mmd), Student's cut at zero. They hold for this score and this number of samples. Where the reference is one fixed set of held-out data, they do not cover the choice of that set.</p>
<p><b>Within noise.</b> A difference counts beyond {3:g} standard deviations of the errors of exact samples. All pairs of solvers
at a budget, and all solvers against exact samples, are compared by paired t-tests over the seeds of what is beyond that, adjusted
together over all budgets by Holm's method: the chance that any statement here is false is at most {2:g}. A solver is within noise
of the least error unless its adjusted p-value is below {2:g}. That is no proof that they are equal: more seeds may tell them
apart.</p>
<p><b>Path.</b> The strong error: the mean distance of samples to the limit that they tend to, from the same draws of the
prior and on one Brownian path for all steps. Which limit that is was found by trial: from 64 to 512 steps the
distance to it falls to less than half, and to a tenth of that between samples. The limit is computed with sixteen times the evaluations of the largest budget, that of the
probability flow with a tolerance of 10⁻⁶. Solvers whose noise is not that of a path tend to none.</p>
<p><b>Time.</b> Of drawing one seed's samples on all workers, the least over the seeds.</p>
)";

/// Images as a grid, points of the plane as a map; nothing for other samples.
std::string picture(const Tensor& x, const ValueRange& range) {
  if (!x.defined()) return "";
  const bool images = x.rank() == 4 && (x.extent(3) == 1 || x.extent(3) == 3),
             points = x.rank() == 2 && x.extent(1) >= 2;
  if (!images && !points) return "";
  const double margin = 0.1 * (range.high - range.low);
  const auto png =
      images ? encode_png(x, {.low = range.low, .high = range.high, .columns = 4, .scale = 3})
             : encode_png(density_image(x, {.low = range.low - margin, .high = range.high + margin, .size = 96}),
                          {.scale = 1});
  return fmt::format(R"(<img class="{}" alt="samples" src="data:image/png;base64,{}">)", images ? "" : "map",
                     base64(png));
}

std::string interval_text(const Interval& interval) {
  if (std::isnan(interval.low)) return fmt::format("{:.3g}", interval.mean);
  return fmt::format("{:.3g} <span class=\"soft\">[{:.3g}, {:.3g}]</span>", interval.mean, interval.low, interval.high);
}

/// Draws an interval on the scale of its table, and the level of exact samples.
std::string bar(const Interval& interval, double floor, double largest, const std::string& style) {
  constexpr double length = 150;
  const double least = std::max(1e-12, std::min(floor, largest) / 1.5);
  const auto at = [&](double value) {
    return length * std::clamp(std::log(std::max(value, least) / least) / std::log(largest * 1.1 / least), 0.0, 1.0);
  };
  const double low = std::isnan(interval.low) ? interval.mean : interval.low;
  const double high = std::isnan(interval.high) ? interval.mean : interval.high;
  return fmt::format(
      R"(<svg class="bar {}" viewBox="0 0 {} 14"><line class="base" x1="{:.1f}" x2="{:.1f}" y1="0" y2="14"/>)"
      R"(<line class="range" stroke="currentColor" x1="{:.1f}" x2="{:.1f}" y1="7" y2="7"/><circle fill="currentColor" cx="{:.1f}" cy="7" r="3.5"/></svg>)",
      style, length, at(floor), at(floor), at(low), at(high), at(interval.mean));
}

std::string standing(const Ranked& ranked, std::size_t place) {
  if (place == 0) return R"(<span class="badge top">least</span>)";
  if (ranked.tied) return R"(<span class="badge">within noise</span>)";
  return fmt::format("+{:.2g} <span class=\"soft\">p {}</span>", ranked.excess.mean,
                     ranked.p < 1e-3 ? "&lt; .001" : fmt::format("{:.2g}", ranked.p));
}

class Report {
 public:
  explicit Report(const Comparison& comparison) : comparison_(comparison), config_(comparison.config) {}

  std::string text() const {
    return page({.title = config_.name,
                 .style = chart_style(),
                 .body = heading() + verdict() + overview() + chart() + tables() + samplers() + gallery() + method() +
                         settings()});
  }

 private:
  std::string heading() const {
    return fmt::format(
        "<header><p class=\"over\">fokker compare</p><h1>{}</h1><p class=\"lead\">{}</p><p class=\"soft\">{} solvers "
        "on {}; "
        "{} seeds of {} samples.</p></header>",
        escaped(config_.name), escaped(comparison_.verdict[0]), config_.solver.size(), escaped(comparison_.target),
        config_.seeds, config_.n);
  }

  std::string verdict() const {
    std::string out = "<section class=\"cards\">";
    for (std::size_t b = 0; b < config_.nfe.size(); ++b)
      out += fmt::format("<a class=\"card\" href=\"#nfe{0}\"><b>{0} NFE</b><p>{1}</p></a>", config_.nfe[b],
                         escaped(comparison_.verdict[b + 1]));
    return out + "</section>";
  }

  /// Writes a solver's name as the first cell of its row.
  std::string name_cell(std::size_t solver) const {
    return fmt::format("<th class=\"{}\">{}</th>", series_style(comparison_, solver),
                       escaped(config_.solver[solver].title()));
  }

  std::string overview_cell(std::size_t solver, std::size_t budget) const {
    const auto& ranking = comparison_.rankings[budget];
    const auto found = std::ranges::find(ranking, solver, &Ranked::solver);
    if (found == ranking.end()) return "<td class=\"soft\">–</td>";
    return fmt::format("<td{}><b>{}</b>&ensp;{}</td>", found->tied ? " class=\"tied\"" : "",
                       found - ranking.begin() + 1, interval_text(found->error));
  }

  std::string overview() const {
    std::string out = fmt::format(
        "<section><h2>Places</h2><p class=\"soft\">Place and {}, by mean place. Shaded: within noise of the "
        "least.</p><div class=\"wide\"><table><thead><tr><th>solver</th>",
        escaped(metric_title(config_.metrics[0])));
    for (const auto nfe : config_.nfe) out += fmt::format("<td>{} NFE</td>", nfe);
    out += "</tr></thead><tbody>";
    for (const std::size_t s : by_mean_place(comparison_)) {
      out += "<tr>" + name_cell(s);
      for (std::size_t b = 0; b < config_.nfe.size(); ++b) out += overview_cell(s, b);
      out += "</tr>";
    }
    return out + "</tbody></table></div></section>";
  }

  std::string row(std::size_t budget, std::size_t place, double floor, double largest) const {
    const Ranked& ranked = comparison_.rankings[budget][place];
    const CompareCell& cell = comparison_.cells[ranked.solver][budget];
    std::string out =
        fmt::format("<tr{}><td>{}</td>{}<td>{}</td><td>{:.4g}</td><td>{:.3g} s</td><td>{}</td><td>{}</td><td>{}</td>",
                    place == 0 ? " class=\"first\"" : "", place + 1, name_cell(ranked.solver),
                    cell.tolerance > 0 ? fmt::format("tol {:.1e}", cell.tolerance) : std::to_string(cell.steps),
                    mean_interval(cell.nfe, config_.confidence).mean, comparison_.least_seconds(ranked.solver, budget),
                    bar(ranked.error, floor, largest, series_style(comparison_, ranked.solver)),
                    interval_text(ranked.error), standing(ranked, place));
    for (std::size_t m = 1; m < comparison_.metrics.size(); ++m) {
      const auto own = cell.errors.find(comparison_.metrics[m]);
      out += own == cell.errors.end()
                 ? "<td class=\"soft\">–</td>"
                 : fmt::format("<td>{}</td>", interval_text(comparison_.interval(own->first, own->second)));
    }
    return out + "</tr>";
  }

  std::string floor_row() const {
    std::string out = "<tr class=\"exact\"><td></td><th>exact samples</th><td></td><td></td><td></td><td></td>";
    for (std::size_t m = 0; m < comparison_.metrics.size(); ++m) {
      const bool known = comparison_.floor.contains(comparison_.metrics[m]);
      out += known ? fmt::format("<td>{}</td>", interval_text(comparison_.floor_interval(comparison_.metrics[m])))
                   : "<td class=\"soft\">–</td>";
      if (m == 0) out += "<td></td>";
    }
    return out + "</tr>";
  }

  std::string table(std::size_t budget) const {
    const auto& ranking = comparison_.rankings[budget];
    const double floor = comparison_.floor_interval(config_.metrics[0]).mean;
    double largest = 0;
    for (const Ranked& ranked : ranking)
      largest = std::max(largest, std::min(ranked.error.mean, 300 * std::max(floor, ranking[0].error.mean)));
    std::string out = fmt::format(
        "<h3 id=\"nfe{0}\">{0} NFE</h3><div class=\"wide\"><table><thead><tr><td></td><th>solver</th><td>steps</td>"
        "<td>NFE</td><td>time</td><td></td><td>{1}</td><td>to the least</td>",
        config_.nfe[budget], config_.metrics[0]);
    for (std::size_t m = 1; m < comparison_.metrics.size(); ++m)
      out += fmt::format("<td>{}</td>", comparison_.metrics[m]);
    out += "</tr></thead><tbody>";
    for (std::size_t place = 0; place < ranking.size(); ++place) out += row(budget, place, floor, largest);
    out += floor_row();
    for (std::size_t s = 0; s < comparison_.cells.size(); ++s)
      if (const auto& note = comparison_.cells[s][budget].note; !note.empty())
        out += fmt::format("<tr class=\"out\"><td></td><th>{}</th><td colspan=\"20\">{}</td></tr>",
                           escaped(config_.solver[s].title()), escaped(note));
    return out + "</tbody></table></div>";
  }

  std::string tables() const {
    std::string out = "<section><h2>Each budget</h2>";
    for (std::size_t b = 0; b < config_.nfe.size(); ++b) out += table(b);
    return out + "</section>";
  }

  std::string samplers() const {
    std::string out =
        "<section><h2>Samplers</h2><div class=\"wide\"><table><thead><tr><th>name</th><td>solver</td><td>grid</td>"
        "<td>clock</td><td>end</td></tr></thead><tbody>";
    for (std::size_t s = 0; s < config_.solver.size(); ++s) {
      const SampleConfig& entry = config_.solver[s];
      out += fmt::format("<tr>{}<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", name_cell(s), entry.solver,
                         *entry.grid, *entry.clock, end_of(entry));
    }
    return out + "</tbody></table></div></section>";
  }

  std::string chart() const {
    return "<section><h2>Work and precision</h2>" + work_precision_svg(comparison_) + "</section>";
  }

  std::string gallery() const {
    const std::string exact = picture(comparison_.shown, comparison_.range);
    if (exact.empty()) return "";
    std::string out =
        "<section><h2>Samples</h2><p class=\"soft\">The same draws of the prior everywhere; the first seed.</p>"
        "<div class=\"wide\"><table class=\"gallery\"><thead><tr><th></th>";
    for (const auto nfe : config_.nfe) out += fmt::format("<td>{} NFE</td>", nfe);
    out += "</tr></thead><tbody>";
    for (std::size_t s = 0; s < comparison_.cells.size(); ++s) {
      out += "<tr>" + name_cell(s);
      for (const auto& cell : comparison_.cells[s])
        out += fmt::format("<td>{}</td>", cell.shown.defined() && cell.note.empty()
                                              ? picture(cell.shown, comparison_.range)
                                              : "<span class=\"soft\">–</span>");
      out += "</tr>";
    }
    return out + fmt::format("<tr><th>exact samples</th><td>{}</td></tr></tbody></table></div></section>", exact);
  }

  std::string method() const {
    std::string out = "<section><h2>How the figures are made</h2><dl>";
    for (const auto& metric : comparison_.metrics)
      out += fmt::format("<dt>{}</dt><dd>{}</dd>", metric, escaped(metric_title(metric)));
    for (const auto& [limit, names] : comparison_.solvers_by_limit())
      out += fmt::format("<dt>path, to {}</dt><dd>{}</dd>", escaped(limit.empty() ? "nothing" : limit),
                         escaped(fmt::format("{}", fmt::join(names, ", "))));
    return out +
           fmt::format(method_text, config_.confidence * 100, config_.seeds, 1 - config_.confidence, config_.margin) +
           "</section>";
  }

  std::string settings() const {
    std::string out = "<section><h2>Settings and provenance</h2><details><summary>config.toml</summary><pre>" +
                      escaped(dump(config_)) + "</pre></details><dl>";
    const auto facts = nlohmann::json::parse(provenance_json({}));
    for (const auto& [key, value] : facts.items())
      if (key != "command_line" && key != "host")
        out += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(key),
                           escaped(value.is_string() ? value.get<std::string>() : value.dump()));
    return out + fmt::format("<dt>made</dt><dd>{}</dd></dl></section>", utc_now());
  }

  const Comparison& comparison_;
  const CompareConfig& config_;
};

}  // namespace

std::string comparison_report(const Comparison& comparison) { return Report(comparison).text(); }

}  // namespace fokker
