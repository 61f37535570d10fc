#include "fokker/experiments/report/svg.h"

namespace fokker {

std::string escaped(std::string_view words) {
  std::string out;
  for (const char c : words) switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

/// The palette of Okabe and Ito, legible with deficient colour vision; its yellow darkened on white.
/// Each colour twice: programs that draw SVG without knowing variables take the first.
std::string chart_style() {
  return R"(:root{--ink:#1d2330;--soft:#5b6475;--rule:#e4e7ee;--paper:#fff;--band:#dfe8df;--rest:#7d8698;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#c08000;--c5:#3a9fd6;--c6:#6b5bb5;--c7:#7a6a53}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaf1;--soft:#9aa4b6;--rule:#2c3342;--paper:#141821;--band:#26362c;--rest:#8b95a8;
--c0:#4aa8e0;--c1:#ff8a3d;--c2:#2fc79b;--c3:#e391c0;--c4:#e6b04a;--c5:#8fd0f5;--c6:#a99cf0;--c7:#c2b198}}
svg.chart{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;background:#fff;background:var(--paper)}
svg.chart .grid{stroke:#e4e7ee;stroke:var(--rule);stroke-width:1}svg.chart .floor{fill:#dfe8df;fill:var(--band)}
svg.chart .slope{stroke:#5b6475;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4;opacity:.75}
svg.chart text{fill:#5b6475;fill:var(--soft);font-size:11.5px}svg.chart .axis{fill:#1d2330;fill:var(--ink);font-size:13px}
svg.chart .note{font-style:italic;font-size:11px}svg.chart .name{fill:currentColor;font-size:12px}
svg.chart .curve{fill:none;stroke:currentColor;stroke-width:1.5;opacity:.8}svg.chart .whisker{stroke:currentColor;stroke-width:1.2}
svg.chart circle,svg.chart g>rect,svg.chart g>path{fill:currentColor}svg.chart g>path.curve{fill:none}
svg.chart .leader,svg.chart g>path.leader{fill:none;stroke:currentColor;stroke-width:.7;opacity:.45}
svg.chart .s0 .curve{stroke-width:3;opacity:1}svg.chart .s0 .name{font-weight:700}
.rest{color:#7d8698;color:var(--rest)}svg.chart .rest .curve,svg.chart .rest .whisker{stroke-width:1}
.s0{color:#0072b2;color:var(--c0)}.s1{color:#d55e00;color:var(--c1)}.s2{color:#009e73;color:var(--c2)}.s3{color:#b8578f;color:var(--c3)}
.s4{color:#c08000;color:var(--c4)}.s5{color:#3a9fd6;color:var(--c5)}.s6{color:#6b5bb5;color:var(--c6)}.s7{color:#7a6a53;color:var(--c7)}
)";
}

}  // namespace fokker
