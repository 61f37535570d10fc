#include "fokker/experiments/report/page.h"

#include "fokker/experiments/report/svg.h"

namespace fokker {
namespace {

constexpr const char* own_style = R"(
*{box-sizing:border-box}html{color-scheme:light dark}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:48px 28px 80px}
h1{font-size:34px;line-height:1.15;margin:4px 0 14px;letter-spacing:-.01em}h2{font-size:22px;margin:54px 0 14px}h3{font-size:16px;margin:28px 0 8px}
.over{margin:0;color:var(--soft);font-size:13px;letter-spacing:.08em;text-transform:uppercase}
.lead{font-size:21px;line-height:1.4;max-width:46em;margin:0 0 10px}.soft{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:14px;margin-top:30px}
.card{display:block;border:1px solid var(--rule);border-radius:10px;padding:14px 16px;color:inherit;text-decoration:none}
.card:hover{border-color:var(--soft)}.card b{font-size:15px}.card p{margin:6px 0 0;font-size:14px;line-height:1.45}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;width:100%}
td,tbody th,thead th{padding:5px 9px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
th{text-align:left!important;font-weight:600}thead td,thead th{color:var(--soft);font-weight:400;font-size:12.5px}
tr.first td,tr.first th{background:color-mix(in srgb,currentColor 5%,transparent)}tr.exact td,tr.exact th{color:var(--soft);font-style:italic}
td.tied{background:color-mix(in srgb,currentColor 6%,transparent)}
tr.out td,tr.out th{color:var(--soft);font-weight:400;text-align:left}
.badge{border:1px solid var(--rule);border-radius:99px;padding:1px 9px;font-size:12px}.badge.top{background:var(--ink);color:var(--paper);border-color:var(--ink)}
.bar{width:150px;height:14px;display:block}.bar circle{fill:currentColor}.bar .range{stroke:currentColor;stroke-width:2.4}.bar .base{stroke:var(--soft);stroke-dasharray:2 2}
svg.chart{width:100%;height:auto}.gallery td{text-align:center;padding:6px}.gallery{width:auto}
img{width:112px;image-rendering:pixelated;display:block;border-radius:4px}
@media(prefers-color-scheme:dark){img.map{filter:invert(1)}}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 22px;font-size:14px}dt{color:var(--soft)}dd{margin:0}
section p{max-width:52em}pre{overflow-x:auto;font-size:12.5px;background:color-mix(in srgb,currentColor 5%,transparent);padding:14px;border-radius:8px}
)";

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      word = word << 8 | (j < bytes.size() ? std::to_integer<std::uint32_t>(bytes[j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : digits[word >> (18 - 6 * j) & 63];
  }
  return out;
}

std::string page(const Page& page) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><title>" +
         escaped(page.title) + "</title><style>" + page.style + own_style + "</style></head><body><main>" + page.body +
         "</main></body></html>\n";
}

}  // namespace fokker
