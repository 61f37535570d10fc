#include "fokker/experiments/cli/progress_bar.h"

#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("a progress line has the part done, the rate and the time left", "[progress]") {
  const std::string text = progress_text("train", 1'500, 3'000, 50);
  CHECK(text.find("1,500/3,000") != std::string::npos);
  CHECK(text.find("50.0/s") != std::string::npos);
  CHECK(text.find("0:30 left") != std::string::npos);
  CHECK(text.find("████████████············") != std::string::npos);
  CHECK(progress_text("x", 1, 7'201, 1).find("2:00:00 left") != std::string::npos);
  CHECK(progress_text("x", 1, 3, 0.25).find("4.0 s each  0:08 left") != std::string::npos);
  CHECK(progress_text("x", 3, 3, 1).find("left") == std::string::npos);
  CHECK(progress_text("x", 1'234'567, 0, 0) == "x          1,234,567");
  CHECK(progress_text("x", 9, 3, 1).find("█████████████████████████") == std::string::npos);
}

TEST_CASE("a progress bar is silent where it is not on a terminal", "[progress]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    ProgressBar bar(file);
    bar.show("train", 1, 10);
    bar.show("train", 10, 10);
    bar.clear();
  }
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}
