#include "fokker/experiments/sweep.h"

#include <exception>
#include <tuple>

#include "fokker/core/base/one_line.h"
#include "fokker/core/config/config.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/checks.h"
#include "fokker/experiments/runner.h"
#include "fokker/experiments/runs/run_directory.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

constexpr const char* sweep_file = "sweep.toml";

/// The file that makes a folder a sweep.  It is written when all members have their folders.
struct SweepFile {
  std::vector<std::string> runs = {};

  static constexpr auto fields =
      std::tuple{field("runs", &SweepFile::runs, "settings that each run changes", nonempty())};
};

fs::path member_folder(const fs::path& folder, std::size_t i) { return folder / std::to_string(i); }

SweepFile file_of(const std::vector<SweepMember>& members) {
  SweepFile file;
  for (const auto& member : members) file.runs.push_back(member.settings);
  return file;
}

/// Throws ConfigError unless the folder holds these members.
void require_same(const std::vector<SweepMember>& members, const fs::path& folder) {
  bool same = read_text_file(folder / sweep_file) == dump(file_of(members));
  for (std::size_t i = 0; same && i < members.size(); ++i)
    same = read_text_file(member_folder(folder, i) / "config.toml") == dump(members[i].experiment);
  require<ConfigError>(same, "{} holds another sweep; go on with it by `fokker resume {}`, or choose another --out",
                       folder.string(), folder.string());
}

void begin(const std::vector<SweepMember>& members, const fs::path& folder) {
  RunDirectory::require_new(folder);
  require_folder_place(folder);
  for (std::size_t i = 0; i < members.size(); ++i) {
    RunDirectory::require_new(member_folder(folder, i));
    check_experiment(members[i].experiment);
  }
  for (std::size_t i = 0; i < members.size(); ++i)
    RunDirectory::create(member_folder(folder, i), dump(members[i].experiment));
  write_file_atomically(folder / sweep_file, dump(file_of(members)));
}

}  // namespace

bool holds_sweep(const fs::path& folder) {
  std::error_code failure;
  return fs::exists(folder / sweep_file, failure);
}

void run_sweep(const std::vector<SweepMember>& members, const fs::path& out, const RunOptions& options) {
  std::string text;
  for (const auto& member : members) text += dump(member.experiment);
  const fs::path folder = out.empty() ? default_run_path(members.front().experiment.name, text) : out;
  if (holds_sweep(folder))
    require_same(members, folder);
  else
    begin(members, folder);
  resume_sweep(folder, options);
}

void resume_sweep(const fs::path& folder, const RunOptions& options) {
  const auto file = read<SweepFile>(Config::load(folder / sweep_file));
  std::exception_ptr failure;
  std::vector<std::string> table = {fmt::format("{:>5}  {:<7}  {}", "run", "status", "settings")};
  for (std::size_t i = 0; i < file.runs.size(); ++i) {
    const fs::path member = member_folder(folder, i);
    std::string status = "done", reason;
    if (run_status(member) != "done") try {
        options.say(fmt::format("run {} of {}: {}", i + 1, file.runs.size(), file.runs[i]));
        RunResult result = resume(member, options.of_several(folder.string()));
        result.path = folder;
        if (result.outcome == Outcome::stopped)
          throw Cancelled(fmt::format("run {} of {}: {}", i + 1, file.runs.size(), result.how_to_go_on()));
      } catch (const Cancelled&) {
        throw;
      } catch (const Error& error) {
        options.say(fmt::format("failed   {}", error.what()));
        if (!failure) failure = std::current_exception();
        status = "failed";
        reason = fmt::format("  ({})", one_line(error.what(), 100));
      }
    table.push_back(fmt::format("{:>5}  {:<7}  {}{}", i, status, file.runs[i], reason));
  }
  for (const auto& line : table) options.say(line);
  options.say(fmt::format("wrote    {}", folder.string()));
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fokker
