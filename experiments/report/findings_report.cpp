#include "fokker/experiments/report/findings_report.h"

#include "fokker/experiments/report/page.h"
#include "fokker/experiments/report/svg.h"

namespace fokker {
namespace {

std::string table(const Findings& findings) {
  if (findings.figures.empty()) return "";
  std::string rows;
  for (const Figure& figure : findings.figures)
    rows += fmt::format("<tr><th>{}</th><td>{:.4g}</td><td>{}</td></tr>", escaped(figure.name), figure.value,
                        figure.has_interval() ? fmt::format("{:.4g} … {:.4g}", figure.low, figure.high) : "");
  return "<div class=\"wide\"><table><thead><tr><th>figure</th><td>value</td><td>95 % "
         "interval</td></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

std::string section(const std::string& title, const Findings& findings) {
  std::string body = "<h2>" + escaped(title) + "</h2>" + table(findings);
  for (const Picture& picture : findings.pictures)
    body += fmt::format(R"(<h3>{}</h3><img style="width:auto;max-width:100%" alt="{}" src="data:image/png;base64,{}">)",
                        escaped(picture.name), escaped(picture.name), base64(encode_png(picture.images, picture.look)));
  for (const Chart& chart : findings.charts) body += "<h3>" + escaped(chart.name) + "</h3>" + chart.svg;
  return body;
}

}  // namespace

std::string findings_report(const std::string& run, const std::vector<std::pair<std::string, Findings>>& all) {
  std::string body = "<p class=\"over\">fokker</p><h1>" + escaped(run) + "</h1>";
  for (const auto& [title, findings] : all) body += section(title, findings);
  return page({.title = run, .style = chart_style(), .body = std::move(body)});
}

}  // namespace fokker
