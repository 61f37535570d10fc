#include "fokker/experiments/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fokker/core/file.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string format_utc(const char* format) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &utc)};
}

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
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

MetricsRow from_json(const Json& json) {
  MetricsRow row{.report = {.step = json.at("step"),
                            .loss = json.at("train_loss"),
                            .gradient_norm = json.at("grad_norm"),
                            .learning_rate = json.at("lr"),
                            .ema_decay = json.at("ema_decay"),
                            .clipped = json.value("clipped", false),
                            .operations = json.value("operations", std::int64_t{0})},
                 .seconds = json.at("wall_time")};
  if (json.contains("held_out_loss")) row.report.held_out_loss = json.at("held_out_loss").get<double>();
  if (!json.contains("noise_levels")) return row;
  const Json& levels = json.at("noise_levels");
  for (std::size_t i = 0; i < levels.at("count").size(); ++i)
    row.report.levels.push_back({.count = levels.at("count").at(i),
                                 .mean = number_or_nan(levels.at("mean").at(i)),
                                 .deviation = number_or_nan(levels.at("deviation").at(i))});
  return row;
}

}  // namespace

std::string utc_now() { return format_utc("%Y-%m-%dT%H:%M:%SZ"); }

fs::path default_run_path(const std::string& name, std::string_view config) {
  return fs::path("runs") / name / (format_utc("%Y%m%dT%H%M%SZ") + "-" + sha256(config).substr(0, 8));
}

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void RunDirectory::require_new(const fs::path& path) {
  std::error_code failure;
  require<ConfigError>(!fs::exists(path / "config.toml", failure),
                       "{} holds a run already; go on with `fokker resume {}`, or choose another --out", path.string(),
                       path.string());
}

RunDirectory RunDirectory::create(const fs::path& path, std::string_view config) {
  require_new(path);
  make_folder(path);
  RunDirectory run(path);
  run.lock();
  write_file_atomically(run.config_file(), config);
  return run;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  std::error_code failure;
  require<ConfigError>(fs::exists(path / "config.toml", failure),
                       "{}: expected the folder of a run, with a config.toml in it", path.string());
  RunDirectory run(path);
  run.lock();
  return run;
}

void RunDirectory::lock() {
  const fs::path file = path_ / "run.lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  require<IoError>(lock_ >= 0, "{}: {}; the folder of a run must be writable", file.string(), std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    char owner[24] = {};
    const bool known = ::pread(lock_, owner, sizeof owner - 1, 0) > 0;
    ::close(std::exchange(lock_, -1));
    throw IoError(fmt::format("{}: process {} works in this run; wait for its end", path_.string(),
                              known ? owner : "of unknown number"));
  }
  const std::string own = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) == 0) (void)!::pwrite(lock_, own.data(), own.size(), 0);
}

void RunDirectory::update_status(std::string_view fields) const {
  std::error_code failure;
  Json json = fs::exists(file("run.json"), failure) ? Json::parse(read_text_file(file("run.json")), nullptr, false)
                                                    : Json::object();
  if (!json.is_object()) json = Json::object();
  json.update(Json::parse(fields));
  write_file_atomically(file("run.json"), json.dump(2) + "\n");
}

std::string run_status(const fs::path& run) {
  std::error_code failure;
  if (!fs::exists(run / "run.json", failure)) return "unknown";
  const Json json = Json::parse(read_text_file(run / "run.json"), nullptr, false);
  return json.is_object() ? json.value("status", "unknown") : "unknown";
}

void RunDirectory::log(std::string_view line) const { append_line(file("log.txt"), line); }

void RunDirectory::append_metrics(const std::vector<MetricsRow>& rows) const {
  std::string lines;
  for (const auto& row : rows) lines += (lines.empty() ? "" : "\n") + to_json(row).dump();
  if (!rows.empty()) append_line(file("metrics.jsonl"), lines);
}

std::vector<MetricsRow> RunDirectory::metrics_until(std::int64_t last_step) const {
  std::vector<MetricsRow> rows;
  std::error_code failure;
  if (!fs::exists(file("metrics.jsonl"), failure)) return rows;
  std::istringstream text(read_text_file(file("metrics.jsonl")));
  std::string kept;
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) break;  // cut off by a crash
    rows.push_back(from_json(json));
    if (rows.back().report.step > last_step) {
      rows.pop_back();
      break;
    }
    kept += line + "\n";
  }
  write_file_atomically(file("metrics.jsonl"), kept);
  return rows;
}

}  // namespace fokker
