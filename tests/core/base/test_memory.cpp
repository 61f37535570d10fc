#include "fokker/core/base/memory.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "fokker/core/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

constexpr std::uint64_t mega = 1 << 20;

}  // namespace

TEST_CASE("available memory is the least of the system's and of what the groups leave", "[memory]") {
  const TemporaryFolder root;
  put(root / "proc/meminfo", "MemTotal: 999999 kB\nMemAvailable:   102400 kB\n");
  CHECK(available_memory(root.path()) == 100 * mega);
  put(root / "proc/self/cgroup", "0::/a/b\n");
  put(root / "sys/fs/cgroup/a/b/memory.max", "max\n");
  put(root / "sys/fs/cgroup/a/b/memory.current", "5\n");
  CHECK(available_memory(root.path()) == 100 * mega);
  put(root / "sys/fs/cgroup/a/memory.max", std::to_string(60 * mega));
  put(root / "sys/fs/cgroup/a/memory.current", std::to_string(30 * mega));
  CHECK(available_memory(root.path()) == 30 * mega);
  put(root / "sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file " + std::to_string(10 * mega) + "\n");
  CHECK(available_memory(root.path()) == 40 * mega);
  // Version 1, as seen from a container: the path is that of the host, the group stands at the top.
  put(root / "proc/self/cgroup", "7:cpu,memory:/docker/123\n0::/\n");
  put(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(20 * mega));
  put(root / "sys/fs/cgroup/memory/memory.usage_in_bytes", std::to_string(25 * mega));
  CHECK(available_memory(root.path()) == 0);
}

TEST_CASE("what does not fit the memory is refused before it is asked for", "[memory]") {
  CHECK(available_memory() > mega);
  CHECK_NOTHROW(require_memory(mega, "x"));
  CHECK_THROWS_WITH(require_memory(std::uint64_t{1} << 60, "table.csv"), Contains("table.csv: needs 1152921504.6 GB"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{256 * mega, 256 * mega};
    ::setrlimit(RLIMIT_AS, &limit);
    ::_exit(available_memory() <= 256 * mega ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a compressed file may unpack to 256 MiB or 64 times its size", "[memory]") {
  CHECK(unpacked_limit(100) == 256 * mega);
  CHECK(unpacked_limit(10 * mega) == 640 * mega);
  CHECK(unpacked_limit(~std::uint64_t{0}) == ~std::uint64_t{0});
}
