#include "fokker/core/config/config_bounds.h"

#include <cstdint>

#include "fokker/core/base/error.h"

namespace fokker::detail {
namespace {

constexpr int most_parts = 32, deepest = 32;
constexpr std::int64_t longest_key = 1024;

/// Walks through a document without reading it.  Texts and comments are passed over; what is left is keys and brackets.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& filename) : text_(text), filename_(filename) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        pass_text(c);
        continue;
      }
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
        continue;
      }
      take(c);
      ++at_;
    }
  }

 private:
  void take(char c) {
    depth_ += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (std::string_view("[]{}=,\n").find(c) != std::string_view::npos) {
      parts_ = 1;
      length_ = 0;
    } else {
      parts_ += c == '.';
      ++length_;
    }
    line_ += c == '\n';
    check();
  }

  /// A text of one line ends with the line at the latest.  The parser, which ends it there, too, then refuses it.
  void pass_text(char quote) {
    const std::string three(3, quote);
    const bool lines = text_.substr(at_).starts_with(three);
    for (at_ += lines ? 3 : 1; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n' && !lines) break;
      line_ += text_[at_] == '\n';
      if (quote == '"' && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote && (!lines || text_.substr(at_).starts_with(three))) {
        at_ += lines ? 3 : 1;
        for (int more = 0; lines && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        break;
      }
    }
  }

  void check() const {
    require<ConfigError>(parts_ <= most_parts && length_ <= longest_key,
                         "{}:{}: expected keys of at most {} parts and {} characters", filename_, line_, most_parts,
                         longest_key);
    require<ConfigError>(depth_ <= deepest, "{}:{}: expected lists and tables at most {} deep in one another",
                         filename_, line_, deepest);
  }

  std::string_view text_;
  const std::string& filename_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1, length_ = 0;
  int depth_ = 0, parts_ = 1;
};

}  // namespace

void check_bounds(std::string_view text, const std::string& filename) { Scanner(text, filename).run(); }

}  // namespace fokker::detail
