#include "fokker/experiments/compare/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/report/svg.h"

namespace fokker {
namespace {

constexpr double width = 920, height = 400, left = 64, right = 700, top = 34, bottom = 350;
constexpr double label_gap = 15;  // pixels between labels
constexpr std::size_t colours = 8;
constexpr const char* rest_style = "rest";

struct Point {
  double x, y, low, high;
};

struct Series {
  std::string name, style;
  std::vector<Point> points;
};

/// What a panel shows.
struct View {
  std::string metric;
  bool against_time;
  double widest;  // largest error shown, in units of the least
};

/// A logarithmic axis from values [low, high] to pixels [from, to].
struct Axis {
  double low, high, from, to;
  double operator()(double value) const {
    const double inside = std::max(value, low / 10);  // zero and below leave the frame
    return from + (to - from) * std::log(inside / low) / std::log(high / low);
  }
};

struct Panel {
  std::vector<Series> series;
  Axis x, y;
  const char* label;
  double slope_from;  // where the reference slopes start
};

std::vector<Series> collect(const Comparison& comparison, const View& view) {
  std::vector<Series> all;
  for (std::size_t s = 0; s < comparison.cells.size(); ++s) {
    Series series{comparison.config.solver[s].title(), series_style(comparison, s), {}};
    for (std::size_t b = 0; b < comparison.cells[s].size(); ++b) {
      const auto& cell = comparison.cells[s][b];
      const auto own = cell.errors.find(view.metric);
      if (own == cell.errors.end()) continue;
      const Interval error = comparison.interval(own->first, own->second);
      const double x = view.against_time ? comparison.least_seconds(s, b) : mean_interval(cell.nfe, 0.5).mean;
      series.points.push_back({x, error.mean, error.low, error.high});
    }
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  return all;
}

Panel panel_of(const Comparison& comparison, const View& view) {
  Panel panel{collect(comparison, view),
              {},
              {},
              view.against_time ? "wall time of one seed's samples, s" : "score evaluations a sample (NFE)",
              0};
  double x0 = std::numeric_limits<double>::infinity(), x1 = 0, y0 = x0, y1 = 0;
  for (const auto& series : panel.series)
    for (const Point& p : series.points) {
      x0 = std::min(x0, p.x);
      x1 = std::max(x1, p.x);
      y0 = p.y > 0 ? std::min(y0, p.y) : y0;
      y1 = std::max(y1, p.y);
    }
  if (comparison.floor.contains(view.metric))
    for (const double value : comparison.floor.at(view.metric))
      if (value > 0) y0 = std::min(y0, value), y1 = std::max(y1, value);
  if (!std::isfinite(x0)) x0 = 1, x1 = 10;
  if (!std::isfinite(y0)) y0 = 0.1, y1 = 1;
  y1 = std::min(y1, view.widest * y0);
  panel.slope_from = x0;
  panel.x = {x0 / 1.12, std::max(x1, x0 * 1.01) * 1.06, left, right};
  panel.y = {y0 / 1.25, std::max(y1, y0 * 1.01) * 1.25, bottom, top};
  return panel;
}

/// The ticks are 1, 2 and 5 times powers of ten, or 1 times them where there are many.
std::vector<double> ticks(const Axis& axis) {
  std::vector<double> values;
  const bool many = axis.high / axis.low > 2000;
  for (double decade = std::pow(10, std::floor(std::log10(axis.low))); decade <= axis.high; decade *= 10)
    for (const double digit : {1.0, 2.0, 5.0})
      if (decade * digit >= axis.low && decade * digit <= axis.high && (digit == 1 || !many))
        values.push_back(decade * digit);
  return values;
}

std::string line(double x0, double y0, double x1, double y1, std::string_view style) {
  return fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>)", x0, y0, x1, y1, style);
}

std::string text(double x, double y, std::string_view anchor, std::string_view style, std::string_view words) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>)", x, y, anchor, style,
                     escaped(words));
}

std::string frame(const Panel& panel, const std::string& metric) {
  std::string out;
  for (const double value : ticks(panel.y)) {
    out += line(left, panel.y(value), right, panel.y(value), "grid");
    out += text(left - 8, panel.y(value) + 4, "end", "tick", fmt::format("{:g}", value));
  }
  for (const double value : ticks(panel.x)) {
    out += line(panel.x(value), top, panel.x(value), bottom, "grid");
    out += text(panel.x(value), bottom + 17, "middle", "tick", fmt::format("{:g}", value));
  }
  out += text((left + right) / 2, bottom + 38, "middle", "axis", panel.label);
  return out + text(left, top - 14, "start", "axis", metric);
}

std::string floor_band(const std::vector<double>& values, const Panel& panel) {
  const auto [least, largest] = std::ranges::minmax(values);
  if (largest <= 0) return "";
  const double high = panel.y(largest), low = std::min(bottom, panel.y(least));
  return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="floor"/>)", left, high,
                     right - left, std::max(1.5, low - high)) +
         text(left + 6, std::min(bottom - 5, low + 13), "start", "note", "exact samples");
}

/// The reference lines of the orders, from the upper left corner of the data down to the frame.
std::string slopes(const Panel& panel) {
  std::string out;
  const double x0 = panel.slope_from, y0 = panel.y.high / 1.25;
  for (const auto& [order, name] : {std::pair{0.5, "slope ½"}, {1.0, "slope 1"}, {2.0, "slope 2"}, {3.0, "slope 3"}}) {
    const double end = std::min(panel.x.high, x0 * std::pow(y0 / panel.y.low, 1 / order));
    const double y = panel.y(y0 * std::pow(end / x0, -order));
    out += line(panel.x(x0), panel.y(y0), panel.x(end), y, "slope");
    out += text(panel.x(end) - 5, std::min(y - 5, bottom - 5), "end", "note", name);
  }
  return out;
}

std::string curve(const Series& series, const Panel& panel) {
  std::string path, points;
  for (const Point& p : series.points) {
    const double x = panel.x(p.x), y = panel.y(p.y);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
    points += fmt::format("<g><title>{}: {:.3g} at {:.3g}</title>", escaped(series.name), p.y, p.x);
    if (!std::isnan(p.low)) points += line(x, panel.y(p.low), x, panel.y(p.high), "whisker");
    points += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3.4"/></g>)", x, y);
  }
  return fmt::format(R"(<g class="{}"><path class="curve" d="{}"/>{}</g>)", series.style, path, points);
}

/// Writes names beside the ends of the curves, pushed apart where they would overlap.
std::string labels(const Panel& panel) {
  struct Label {
    const Series* series;
    double x, end, y;
  };
  std::vector<Label> all;
  for (const auto& series : panel.series) {
    const double y = std::clamp(panel.y(series.points.back().y), top, bottom);
    all.push_back({&series, panel.x(series.points.back().x), y, y});
  }
  std::ranges::stable_sort(all, {}, &Label::end);
  for (std::size_t i = 1; i < all.size(); ++i) all[i].y = std::max(all[i].y, all[i - 1].y + label_gap);
  double limit = height - 6;
  for (auto label = all.rbegin(); label != all.rend(); ++label, limit -= label_gap)
    label->y = std::min(label->y, limit);
  std::string out;
  for (const auto& [series, x, end, y] : all)
    out += fmt::format(R"(<g class="{}">)", series->style) +
           fmt::format(R"(<path class="leader" d="M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}"/>)", x + 5, end,
                       std::max(x + 5, right - 2), end, right + 14, y) +
           text(right + 18, y + 4, "start", "name", series->name) + "</g>";
  return out;
}

std::string drawn(const Comparison& comparison, const View& view, std::size_t number) {
  const Panel panel = panel_of(comparison, view);
  std::string curves;
  for (const bool rest : {true, false})  // the coloured ones on top
    for (const auto& series : panel.series)
      if ((series.style == rest_style) == rest) curves += curve(series, panel);
  const auto floor = comparison.floor.find(view.metric);
  return fmt::format(R"(<clipPath id="panel{}"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>)", number,
                     left - 6, top - 6, right - left + 12, bottom - top + 12) +
         (floor == comparison.floor.end() ? "" : floor_band(floor->second, panel)) +
         frame(panel, metric_title(view.metric)) + slopes(panel) +
         fmt::format(R"x(<g clip-path="url(#panel{})">{}</g>)x", number, curves) + labels(panel);
}

}  // namespace

std::vector<std::size_t> by_mean_place(const Comparison& comparison) {
  const std::size_t solvers = comparison.cells.size();
  std::vector<std::size_t> places(solvers), order(solvers);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const auto& ranking : comparison.rankings) {
    std::vector<std::size_t> place(solvers, solvers);  // a solver without a result comes last
    for (std::size_t i = 0; i < ranking.size(); ++i) place[ranking[i].solver] = i;
    for (std::size_t s = 0; s < solvers; ++s) places[s] += place[s];
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t s) { return places[s]; });
  return order;
}

std::string series_style(const Comparison& comparison, std::size_t solver) {
  const auto order = by_mean_place(comparison);
  const auto place = static_cast<std::size_t>(std::ranges::find(order, solver) - order.begin());
  return place < colours ? fmt::format("s{}", place) : rest_style;
}

std::string work_precision_svg(const Comparison& comparison) {
  std::vector<View> views = {{comparison.config.metrics[0], false, 40}, {comparison.config.metrics[0], true, 40}};
  if (std::ranges::find(comparison.metrics, "path") != comparison.metrics.end())
    views.insert(views.begin() + 1, {"path", false, 1e5});
  std::string panels;
  for (std::size_t i = 0; i < views.size(); ++i)
    panels += fmt::format(R"x(<g transform="translate(0 {})">{}</g>)x", static_cast<double>(i) * (height + 12),
                          drawn(comparison, views[i], i));
  return fmt::format(
      R"x(<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="Error against work">
<style>{}</style>
{}</svg>
)x",
      width, static_cast<double>(views.size()) * (height + 12), chart_style(), panels);
}

}  // namespace fokker
