#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace fokker {

/// The signals that ask the program to end: INT, TERM, HUP and USR1.  A signal that the caller ignores, as under nohup,
/// stays ignored.  The first signal asks for an orderly end.  A second signal ends the process at once, except HUP,
/// which terminals repeat.  Work that has not ended after a while is left where it stands, if it has said that it may
/// be.
class Interrupts {
 public:
  using Note = std::function<std::string()>;

  /// Catches these signals and watches for them from a thread of its own.  Ignores PIPE and XFSZ, which then are errors
  /// of writing.  `leave` is called in that thread with the result of the note, and ends the process.
  explicit Interrupts(std::function<void(const std::string& said)> leave);
  ~Interrupts();

  /// The signal that was received, or 0.
  static int received();
  /// "ended by SIGINT: HOW"
  static std::string message(const std::string& how);
  /// Sets how the work may be left from now on.  The note records the end and returns what to tell the user.  An empty
  /// note means that the work may not be left.
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
