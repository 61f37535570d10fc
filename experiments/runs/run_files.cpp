#include "fokker/experiments/runs/run_files.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "fokker/core/base/error.h"
#include "fokker/core/base/one_line.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/runs/utc.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
constexpr const char* hashes =
    "sha256";  // in run.json: hashes of each file's last content, and of the content before while it is replaced

Json read_run_json(const fs::path& run) {
  const fs::path file = run / "run.json";
  std::error_code failure;
  if (!fs::exists(file, failure)) return {{hashes, Json::object()}};
  Json json = Json::parse(read_text_file(file), nullptr, false);
  require<ConfigError>(json.is_object() && (!json.contains(hashes) || json[hashes].is_object()),
                       "{}: the file is damaged; remove it to go on without the status and the hashes that it held",
                       file.string());
  if (!json.contains(hashes)) json[hashes] = Json::object();
  return json;
}

void write_run_json(const fs::path& run, const Json& json) {
  write_file_atomically(run / "run.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void require_plain(const fs::directory_entry& entry, bool may_link) {
  std::error_code failure;
  const auto kind = entry.status(failure).type();  // the status of what a link points to
  const bool plain = kind == fs::file_type::regular || kind == fs::file_type::directory ||
                     kind == fs::file_type::not_found || kind == fs::file_type::none;
  require<IoError>(plain, "{}: expected a file, got a pipe, a socket or a device; remove it", entry.path().string());
  require<IoError>(may_link || !entry.is_symlink(failure),
                   "{}: a run does not write by way of a symbolic link; put the file itself there",
                   entry.path().string());
}

}  // namespace

void require_plain_files(const fs::path& run) {
  constexpr std::array written = {"run.lock", "log.txt", "metrics.jsonl", "checkpoints", "averages"};
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(run, failure))
    require_plain(entry, std::ranges::find(written, entry.path().filename().string()) == written.end());
  for (const char* folder : {"checkpoints", "averages"})
    for (const auto& entry : fs::directory_iterator(run / folder, failure)) require_plain(entry, true);
}

void update_run_json(const fs::path& run, std::string_view fields) {
  Json json = read_run_json(run);
  json.update(Json::parse(fields));
  write_run_json(run, json);
}

std::string run_status(const fs::path& run) {
  const Json json = read_run_json(run);
  return json.contains("status") && json["status"].is_string() ? json["status"].get<std::string>() : "unknown";
}

std::string status_json(const char* status, const std::string& reason) {
  return Json{{"status", status}, {"reason", one_line(reason)}, {"ended", utc_now()}}.dump();
}

void write_run_file(const fs::path& run, const std::string& name, std::span<const std::byte> bytes) {
  Json json = read_run_json(run);
  const Json hash = sha256(bytes);
  Json known = json[hashes].value(name, Json::array());
  const bool same = known == Json::array({hash});
  if (!same) {  // both hashes are good until the new file is in place
    known.insert(known.begin(), hash);
    json[hashes][name] = known;
    write_run_json(run, json);
  }
  write_file_atomically(run / name, bytes);
  json[hashes][name] = Json::array({hash});
  if (!same) write_run_json(run, json);
}

void write_run_file(const fs::path& run, const std::string& name, std::string_view text) {
  write_run_file(run, name, std::as_bytes(std::span(text)));
}

void seal_run_file(const fs::path& run, const std::string& name) {
  Json json = read_run_json(run);
  const Json hash = Json::array({sha256(read_file(run / name))});
  if (std::exchange(json[hashes][name], hash) != hash) write_run_json(run, json);
}

void require_intact(const fs::path& run, const std::string& name, std::string_view remedy) {
  const Json json = read_run_json(run);
  std::error_code failure;
  if (!json[hashes].contains(name) || !fs::exists(run / name, failure)) return;
  const Json& known = json[hashes][name];
  const std::string found = sha256(read_file(run / name));
  require<ConfigError>(std::ranges::find(known, Json(found)) != known.end(),
                       "{}: the file is not as the run wrote it: run.json has the SHA-256 {}, found {}; {}",
                       (run / name).string(), known.empty() ? Json() : known.front(), found, remedy);
}

fs::path make_numbered_folder(const fs::path& parent, const std::string& stem) {
  for (std::int64_t i = 1;; ++i) {
    const fs::path folder = parent / fmt::format("{}-{}", stem, i);
    std::error_code failure;
    const bool made = fs::create_directory(folder, failure);
    require<IoError>(!failure || fs::exists(fs::symlink_status(folder)),
                     "{}: cannot make the folder: {}; choose another place by --out", folder.string(),
                     failure.message());
    if (made) return folder;
  }
}

void require_not_of_run(const fs::path& file) {
  std::error_code failure;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  require<ConfigError>(!fs::exists(fs::symlink_status(file, failure)) || !fs::exists(folder / "config.toml", failure),
                       "{} is a file of the run {}, which is not replaced; choose another --out", file.string(),
                       folder.string());
}

}  // namespace fokker
