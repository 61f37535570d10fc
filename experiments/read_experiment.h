#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/experiment.h"

namespace fokker {

/// Reads a file with overrides such as "train.steps=20"; throws ConfigError naming file, line and key.
Experiment read_experiment(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

}  // namespace fokker
