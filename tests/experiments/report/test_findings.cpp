#include <filesystem>

#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/findings_report.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("a share has Wilson's interval, a mean has Student's") {
  const Figure share = share_figure("kept", 8, 10);
  CHECK(share.value == 0.8);
  CHECK(share.low == Approx(0.49016).margin(1e-5));
  CHECK(share.high == Approx(0.94332).margin(1e-5));
  const Figure none = share_figure("none", 0, 10);
  CHECK(none.low == Approx(0).margin(1e-12));
  CHECK(share_figure("none of twelve", 0, 12).low == 0);
  CHECK(share_figure("all of twelve", 12, 12).high == 1);
  CHECK(none.high == Approx(0.27753).margin(1e-5));
  const Figure part = share_figure("in part", 9.75, 10);
  CHECK(part.value == 0.975);
  CHECK(part.low == Approx(0.68779).margin(1e-5));
  CHECK(part.high == Approx(0.99855).margin(1e-5));
  const Figure mean = mean_figure("distance", {1, 2, 3, 4});
  CHECK(mean.value == 2.5);
  CHECK(mean.high - mean.value == Approx(3.182446 * 1.290994 / 2).epsilon(1e-5));  // t(0.975, 3) s/√n
  const Figure rmse = mean_figure("rmse", {0.4, 0.24, 0.17}, positive_range);
  CHECK(rmse.low > 0);
  CHECK(rmse.low < rmse.value);
  CHECK_FALSE(mean_figure("spread_known", {0, 0, 0}, positive_range).has_interval());
}

TEST_CASE("findings are written, read and shown whole") {
  const Findings found{.figures = {share_figure("kept <b>", 3, 4), {"alone", 0.25}},
                       .arrays = {{"x", Tensor::from({1.0, 2.0}, {2})}},
                       .pictures = {{"rows", Tensor::full({2, 4, 4, 1}, 0.5)}},
                       .charts = {{"curve", "<svg></svg>"}}};
  Hdf5File file;
  write_findings(file, "/applications/edit", found);
  CHECK(file.read("/applications/edit/figures/alone", Dtype::f64).item() == 0.25);
  CHECK_FALSE(file.has_attribute("/applications/edit/figures/alone", "low"));
  CHECK(std::get<double>(file.attribute("/applications/edit/figures/kept <b>", "low")) == found.figures[0].low);
  CHECK(file.read("/applications/edit/x").to_vector() == std::vector<double>{1, 2});
  const std::string page = findings_report("a run", {{"edit", found}});
  CHECK_THAT(page,
             Catch::Contains("kept &lt;b&gt;") && Catch::Contains("<svg></svg>") && Catch::Contains("data:image/png"));
  CHECK(figure_lines(found).size() == 2);
  const auto folder = std::filesystem::temp_directory_path() / "fokker-findings";
  std::filesystem::create_directories(folder);
  write_findings_files(folder, "edit", found);
  const Tensor image = read_png(folder / "edit-rows.png");
  CHECK(image.extent(3) == 1);
  CHECK(image.at(0) == Approx(0.5).margin(1.0 / 255));
  CHECK(std::filesystem::exists(folder / "edit-curve.svg"));
  std::filesystem::remove_all(folder);
}
