#include "fokker/experiments/report/share_chart.h"

#include <fmt/format.h>

#include "fokker/experiments/report/svg.h"

namespace fokker {
namespace {

constexpr double side = 320, left = 56, top = 24;
double across(double share) { return left + side * share; }
double down(double share) { return top + side * (1 - share); }

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", style, x1, y1, x2, y2);
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor,
                     escaped(words));
}

std::string axes() {
  std::string out;
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    out += line("grid", across(tick), down(0), across(tick), down(1));
    out += line("grid", across(0), down(tick), across(1), down(tick));
    out += text(across(tick), down(0) + 16, "middle", fmt::format("{:g}", tick));
    out += text(across(0) - 6, down(tick) + 4, "end", fmt::format("{:g}", tick));
  }
  return out;
}

}  // namespace

std::string share_chart(const ShareChart& chart) {
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{3} against {4}"><style>{2}
.line{{fill:none;stroke:var(--s0,#2a6fbb);stroke-width:2}}.dot{{fill:var(--s0,#2a6fbb)}}.chance{{stroke:#999;stroke-dasharray:4 4}}.tick{{font:12px sans-serif;fill:#888}}</style>)",
      left + side + 24, top + side + 48, chart_style(), escaped(chart.y_name), escaped(chart.x_name));
  out += axes();
  if (chart.chance) out += line("chance", across(0), down(0), across(1), down(1));
  out += R"(<polyline class="line" points=")";
  for (std::size_t i = 0; i < chart.x.size(); ++i)
    out += fmt::format("{:.1f},{:.1f} ", across(chart.x[i]), down(chart.y[i]));
  out += R"("/>)";
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    out +=
        fmt::format(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>)", across(chart.x[i]), down(chart.y[i]));
    out += text(across(chart.x[i]) - 7, down(chart.y[i]) + 14, "end", chart.labels[i]);
  }
  out += text(across(0.5), down(0) + 36, "middle", chart.x_name) + text(across(0), down(1) - 8, "start", chart.y_name);
  return out + text(across(0.97), down(0.05), "end", chart.note) + "</svg>";
}

}  // namespace fokker
