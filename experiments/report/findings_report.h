#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fokker/experiments/report/findings.h"

namespace fokker {

/// Writes the findings of a run's applications as one HTML page that needs no network: figures with intervals, pictures
/// and charts.
std::string findings_report(const std::string& run, const std::vector<std::pair<std::string, Findings>>& all);

}  // namespace fokker
