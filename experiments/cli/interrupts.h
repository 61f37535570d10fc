#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace fokker {

/// The signals that ask the program to end: INT, TERM, HUP and USR1.  One that the caller ignores, as under nohup,
/// stays ignored.  The first asks for an orderly end; a second one ends the process at once, but HUP, which terminals
/// repeat. Work that has not come to its end after a while is left where it stands, if it says that it may be.
class Interrupts {
 public:
  using Note = std::function<std::string()>;

  /// Catches them, ignores PIPE and XFSZ, which then are errors of writing, and watches from a thread of its own.
  /// `leave` is called there with what the note returned, and ends the process.
  explicit Interrupts(std::function<void(const std::string& said)> leave);
  ~Interrupts();

  /// The signal that was received, or 0.
  static int received();
  /// "ended by SIGINT: HOW"
  static std::string message(const std::string& how);
  /// How the work may be left from now on: the note puts its end down and returns what to tell the user.  Empty: not at
  /// all.
  void leave_by(Note note);

 private:
  void watch();

  std::function<void(const std::string&)> leave_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  Note note_ = [] { return std::string(); };
  std::thread watcher_;
};

}  // namespace fokker
