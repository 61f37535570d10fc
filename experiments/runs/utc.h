#pragma once

#include <string>

namespace fokker {

/// The time by UTC in a format of strftime.
std::string format_utc(const char* format);
/// "2026-01-01T00:00:00Z"
std::string utc_now();

}  // namespace fokker
