#include "fokker/experiments/runs/utc.h"

#include <chrono>
#include <ctime>

namespace fokker {

std::string format_utc(const char* format) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &utc)};
}

std::string utc_now() { return format_utc("%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace fokker
