#include "fokker/core/io/file.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "fokker/core/base/error.h"
#include "fokker/core/base/one_line.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
namespace fs = std::filesystem;

namespace {

/// Runs `f` in a child; its exit code, or 128 + the signal that ended it.
template <class F>
int in_child(F&& f) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(f());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no IoError";
}

/// Files of at most `bytes` from here on, as on a full disk.
void limit_files(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Whether `text` is "N N … N": one generation, whole.
bool whole(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of(text[0]) == std::string::npos;
}

}  // namespace

TEST_CASE("SHA-256 known answers", "[file]") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrs"
               "tnopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(sha256(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a file is written, replaced and read back, and nothing else is left", "[file]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.bin";
  write_file_atomically(path, "first");
  CHECK(read_text_file(path) == "first");
  const std::string long_text(3'000'000, 'x');
  write_file_atomically(path, long_text);
  CHECK(read_text_file(path) == long_text);
  write_file_atomically(path, "");
  CHECK(read_file(path).empty());
  CHECK(folder.entries() == 1);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0400) != 0);
}

TEST_CASE("lines are appended whole", "[file]") {
  const TemporaryFolder folder;
  append_line(folder / "log", "one");
  append_line(folder / "log", "two");
  CHECK(read_text_file(folder / "log") == "one\ntwo\n");
}

TEST_CASE("what cannot be read says why", "[file]") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { read_file(folder / "missing"); }).find("missing: No such file") != std::string::npos);
  CHECK(error_of([&] { read_file(folder.path()); }).find("got a folder") != std::string::npos);
  write_file_atomically(folder / "big", std::string(2000, 'x'));
  CHECK(error_of([&] { read_file(folder / "big", 1999); }).find("at most 2.0 kB") != std::string::npos);
  CHECK(read_file(folder / "big", 2000).size() == 2000);
  CHECK(error_of([] { read_file("/dev/zero"); }).find("expected a regular file") != std::string::npos);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);  // without a writer: not waited for
  CHECK(error_of([&] { read_file(folder / "pipe"); }).find("expected a regular file") != std::string::npos);
}

TEST_CASE("what cannot be written says why and leaves nothing", "[file]") {
  const TemporaryFolder folder;
  CHECK(error_of([&] {
          write_file_atomically(folder / "no/such/file", "x");
        }).find("does not exist; create it first") != std::string::npos);
  CHECK(error_of([&] { write_file_atomically(folder.path(), "x"); }).find("got a folder") != std::string::npos);
  CHECK(error_of([&] { append_line(folder / "no/such/file", "x"); }).find("No such file") != std::string::npos);
  CHECK(error_of([&] { append_line("/dev/full", "x"); }).find("got a pipe, a socket or a device") != std::string::npos);
  CHECK(folder.entries() == 0);
}

TEST_CASE("an unwritable folder is an error that names the file", "[file]") {
  if (::geteuid() == 0) {
    // Root may write anywhere but here.
    const auto text = error_of([] { write_file_atomically("/proc/fokker-test", "x"); });
    CHECK(text.find("[write] /proc/fokker-test: ") == 0);
    CHECK(text.find("nothing is left behind") != std::string::npos);
    return;
  }
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const auto text = error_of([&] { write_file_atomically(folder / "a", "x"); });
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(text.find("Permission denied") != std::string::npos);
  CHECK(folder.entries() == 0);
}

TEST_CASE("on a full disk the old file is kept and no temporary one is left", "[file]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "results";
  write_file_atomically(path, "old");
  const int code = in_child([&] {
    limit_files(100'000);
    const auto text = error_of([&] { write_file_atomically(path, std::string(1'000'000, 'x')); });
    return text.find("[write] " + path.string() + ": ") == 0 &&
                   text.find("while writing 1.0 MB") != std::string::npos &&
                   text.find("the older file is kept") != std::string::npos
               ? 0
               : 1;
  });
  CHECK(code == 0);
  CHECK(read_text_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a line that does not fit is not left half-written", "[file]") {
  const TemporaryFolder folder;
  append_line(folder / "log", "whole");
  const int code = in_child([&] {
    limit_files(20);
    return error_of([&] { append_line(folder / "log", std::string(100, 'x')); }).find("earlier lines are kept") !=
                   std::string::npos
               ? 0
               : 1;
  });
  CHECK(code == 0);
  CHECK(read_text_file(folder / "log") == "whole\n");
}

namespace {

constexpr std::size_t generation_size = 300'000;

struct Kills {
  int interrupted = 0, damaged = 0;
};

/// How often a child began and ended to write; in memory that it shares with its parent.
struct Progress {
  std::atomic<int> begun{0}, ended{0};
};

/// Kills a child that writes `path` again and again by `write`, `kills` times or until a file is damaged.
template <class Write>
Kills kill_writers(const fs::path& path, int kills, Write&& write) {
  void* shared = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  std::mt19937 random(7);
  std::uniform_int_distribution<int> delay(0, 5'000);
  Kills result;
  for (int kill = 0; kill < kills && result.damaged == 0; ++kill) {
    auto* progress = new (shared) Progress;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      for (char generation = static_cast<char>('a' + kill % 24);; ++generation) {
        ++progress->begun;
        write(path, std::string(generation_size, generation));
        ++progress->ended;
      }
    while (progress->ended == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
    std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    result.damaged += !whole(read_text_file(path), generation_size);
    result.interrupted += progress->begun > progress->ended;
  }
  ::munmap(shared, sizeof(Progress));
  return result;
}

}  // namespace

TEST_CASE("kill -9 of a writer at any moment leaves one whole file", "[file]") {
  const TemporaryFolder folder;
  const auto atomic = [](const fs::path& path, const std::string& text) { write_file_atomically(path, text); };
  const Kills result = kill_writers(folder / "checkpoint", 100, atomic);
  CHECK(result.damaged == 0);
  CHECK(result.interrupted > 50);  // the kills fall into the writing
}

TEST_CASE("the same kills damage a file that is written in place", "[file]") {
  const TemporaryFolder folder;
  const auto in_place = [](const fs::path& path, const std::string& text) { std::ofstream(path) << text; };
  CHECK(kill_writers(folder / "checkpoint", 300, in_place).damaged == 1);
}

TEST_CASE("what killed writers left is removed once it is old", "[file]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a", old = folder / ".a.tmp-1-0", fresh = folder / ".a.tmp-2-0",
                 other = folder / ".b.tmp-1-0";
  for (const fs::path& file : {old, fresh, other}) std::ofstream(file) << "half";
  const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(old, hour_ago);
  fs::last_write_time(other, hour_ago);
  write_file_atomically(path, "x");
  CHECK(!fs::exists(old));
  CHECK(fs::exists(fresh));
  CHECK(fs::exists(other));
}

TEST_CASE("writers in several threads do not disturb each other", "[file]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a";
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) write_file_atomically(path, std::string(20'000, static_cast<char>('a' + i)));
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(whole(read_text_file(path), 20'000));
  CHECK(folder.entries() == 1);
}

TEST_CASE("what is no file is not replaced", "[file]") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe", link = folder / "link", file = folder / "file";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink(pipe, link);
  for (const fs::path& path : {pipe, link}) {
    CHECK(error_of([&] { write_file_atomically(path, "text"); }).find("pipe") != std::string::npos);
    CHECK(error_of([&] { require_file_place(path); }).find("pipe") != std::string::npos);
    CHECK(fs::is_fifo(path));
  }
  CHECK(folder.entries() == 2);
  if (::mknod((folder / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {
    CHECK(error_of([&] { write_file_atomically(folder / "null", "text"); }).find("device") != std::string::npos);
    CHECK(fs::is_character_file(folder / "null"));
  }
  CHECK_THROWS_AS(require_folder_place(pipe), IoError);
  CHECK_NOTHROW(require_folder_place(folder / "new"));
  CHECK_THROWS_AS(require_file_place(folder / "no/file"), IoError);
  write_file_atomically(file, "one");
  CHECK_THROWS_AS(require_folder_place(file), IoError);
  CHECK_NOTHROW(require_file_place(file));
}

TEST_CASE("names of files hold no paths", "[file]") {
  for (const char* name : {"a", "heun", "ä 1", "a.b", "-"}) CHECK_NOTHROW(require_file_name(name, "name"));
  for (const std::string name : {"", ".", "..", ".a", "a/b", "/a", "a\\b", "a\n", "a\x1b", "a\xff"})
    CHECK_THROWS_AS(require_file_name(name, "name"), ConfigError);
  CHECK_THROWS_AS(require_file_name(std::string(101, 'x'), "name"), ConfigError);
}

TEST_CASE("a message is one printable line", "[file]") {
  CHECK(one_line("a\nb\tc\rd") == "a b c d");
  CHECK(one_line("\x1b[31m ä é 𝄞 …") == "?[31m ä é 𝄞 …");
  CHECK(one_line("\xff\xc3 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80") == "?? ?? ??? ????");  // no UTF-8
  CHECK(one_line("a\xc2\x85"
                 "b\u202Ec\u2028"
                 "d") == "a?b?c?d");
  const std::string text = "begin " + std::string(1000, 'x') + " end", cut = one_line(text);
  CHECK(cut.size() == 500);
  CHECK(cut.starts_with("begin x"));
  CHECK(cut.ends_with("x end"));
  for (std::size_t shift = 0; shift < 4; ++shift) {  // never half a letter
    std::string letters(shift, 'x');
    for (int i = 0; i < 300; ++i) letters += "𝄞";
    const std::string part = one_line(letters);
    CHECK(part.size() <= 500);
    CHECK(one_line(part) == part);
  }
}
