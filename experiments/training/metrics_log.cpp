#include "fokker/experiments/training/metrics_log.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fokker/core/io/file.h"

namespace fokker {
namespace {

using Json = nlohmann::json;

Json to_json(const std::vector<LevelErrors>& levels) {
  Json count = Json::array(), mean = count, deviation = count;
  for (const LevelErrors& level : levels) {
    count.push_back(level.count);
    mean.push_back(level.mean);  // NaN becomes null
    deviation.push_back(level.deviation);
  }
  return {{"count", count}, {"mean", mean}, {"deviation", deviation}};
}

Json to_json(const MetricsRow& row) {
  const StepReport& r = row.report;
  Json json = {
      {"step", r.step},           {"train_loss", r.loss}, {"grad_norm", r.gradient_norm}, {"lr", r.learning_rate},
      {"ema_decay", r.ema_decay}, {"clipped", r.clipped}, {"operations", r.operations},   {"wall_time", row.seconds}};
  if (r.held_out_loss) json["held_out_loss"] = *r.held_out_loss;
  if (!r.levels.empty()) json["noise_levels"] = to_json(r.levels);
  return json;
}

double number_or_nan(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// Reads a line.  Throws Json::exception for a line that is not a row.
MetricsRow from_json(const Json& json) {
  MetricsRow row{.report = {.step = json.at("step"),
                            .loss = number_or_nan(json.at("train_loss")),
                            .gradient_norm = number_or_nan(json.at("grad_norm")),
                            .learning_rate = json.at("lr"),
                            .ema_decay = json.at("ema_decay"),
                            .clipped = json.value("clipped", false),
                            .operations = json.value("operations", std::int64_t{0})},
                 .seconds = json.at("wall_time")};
  if (json.contains("held_out_loss")) row.report.held_out_loss = number_or_nan(json.at("held_out_loss"));
  if (!json.contains("noise_levels")) return row;
  const Json& levels = json.at("noise_levels");
  for (std::size_t i = 0; i < NoiseLevels::parts; ++i)
    row.report.levels.push_back({.count = levels.at("count").at(i),
                                 .mean = number_or_nan(levels.at("mean").at(i)),
                                 .deviation = number_or_nan(levels.at("deviation").at(i))});
  return row;
}

std::string chained(const std::string& digest, std::string_view line) { return sha256(digest + std::string(line)); }

/// Reads the row of one step.  Throws ConfigError where the line is not that of the step.
MetricsRow parsed(const std::string& line, std::int64_t step, const std::string& file) {
  const auto wrong = [&](const char* what) {
    return ConfigError(
        fmt::format("{}:{}: {}; put the file back as it was, or remove the run's checkpoints of steps {} and later to "
                    "train these again",
                    file, step, what, step));
  };
  try {
    MetricsRow row = from_json(Json::parse(line));
    if (row.report.step != step) throw wrong(fmt::format("expected step {}, got {}", step, row.report.step).c_str());
    return row;
  } catch (const Json::exception&) {
    throw wrong(line.empty() ? "the log ends before the checkpoint's step" : "the line is damaged");
  }
}

}  // namespace

std::string metrics_line(const MetricsRow& row) { return to_json(row).dump(); }

void MetricsLog::append(std::span<const MetricsRow> rows) {
  if (rows.empty()) return;
  std::string lines;
  for (const auto& row : rows) {
    const std::string line = metrics_line(row);
    digest_ = chained(digest_, line);
    lines += (lines.empty() ? "" : "\n") + line;
  }
  append_line(file_, lines);
  sync_file(file_);
}

std::vector<MetricsRow> MetricsLog::read_until(std::int64_t last_step, const std::string& digest) {
  std::vector<MetricsRow> rows;
  digest_.clear();
  std::error_code absent;
  const std::string before = std::filesystem::exists(file_, absent) ? read_text_file(file_) : "";
  std::istringstream text(before);
  std::string kept;
  for (std::int64_t step = 1; step <= last_step; ++step) {
    std::string line;
    std::getline(text, line);
    rows.push_back(parsed(line, step, file_.string()));
    digest_ = chained(digest_, line);
    kept += line + "\n";
  }
  require<ConfigError>(digest.empty() || digest == digest_,
                       "{}: the losses until step {} are not those that were written (SHA-256 differs); put the file "
                       "back as it was, or remove the run's checkpoints to train again",
                       file_.string(), last_step);
  if (kept != before) write_file_atomically(file_, kept);
  return rows;
}

}  // namespace fokker
