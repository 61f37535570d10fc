#include "fokker/core/config/config_document.h"

#include <algorithm>
#include <optional>
#include <sstream>

#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include "fokker/core/config/config_bounds.h"
#include "fokker/core/config/config_schema.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

constexpr std::uintmax_t config_limit = std::uintmax_t{1} << 20;
constexpr std::size_t longest_chain = 32;
const char* const command_line = "command line";

std::string place_of(const toml::node& node, const std::string& filename) {
  return fmt::format("{}:{}", filename, node.source().begin.line);
}

ConfigNode convert(const toml::node& node, const std::string& filename) {
  ConfigNode out{.place = place_of(node, filename)};
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      out.keys.emplace_back(std::string_view(key));
      out.items.push_back(convert(value, filename));
      out.items.back().place = fmt::format("{}:{}", filename, key.source().begin.line);
    }
  } else if (const auto* list = node.as_array()) {
    out.kind = ConfigNode::Kind::list;
    for (const auto& value : *list) out.items.push_back(convert(value, filename));
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = ConfigNode::Kind::boolean;
    out.boolean = **boolean;
  } else if (const auto* integer = node.as_integer()) {
    out.kind = ConfigNode::Kind::integer;
    out.integer = **integer;
  } else if (const auto* real = node.as_floating_point()) {
    out.kind = ConfigNode::Kind::real;
    out.real = **real;
  } else if (const auto* text = node.as_string()) {
    out.kind = ConfigNode::Kind::text;
    out.text = **text;
  } else {  // dates and times are text to us
    out.kind = ConfigNode::Kind::text;
    std::ostringstream stream;
    node.visit([&](const auto& value) { stream << value; });
    out.text = stream.str();
  }
  return out;
}

ConfigNode parse_document(std::string_view text, const std::string& filename) {
  detail::check_bounds(text, filename);
  try {
    return convert(toml::parse(text, std::string_view(filename)), filename);
  } catch (const toml::parse_error& error) {
    throw ConfigError(
        fmt::format("{}:{}: not valid TOML: {}", filename, error.source().begin.line, error.description()));
  }
}

/// Tables of `over` are merged into those of `base`; any other value replaces.
void merge(ConfigNode& base, const ConfigNode& over) {
  for (std::size_t i = 0; i < over.keys.size(); ++i) {
    const auto at = std::find(base.keys.begin(), base.keys.end(), over.keys[i]);
    if (at == base.keys.end()) {
      detail::add(base, over.keys[i], over.items[i]);
      continue;
    }
    ConfigNode& item = base.items[static_cast<std::size_t>(at - base.keys.begin())];
    if (item.kind == ConfigNode::Kind::table && over.items[i].kind == ConfigNode::Kind::table) {
      merge(item, over.items[i]);
      item.place = over.items[i].place;
    } else {
      item = over.items[i];
    }
  }
}

std::optional<ConfigNode> take(ConfigNode& table, std::string_view key) {
  const auto at = std::find(table.keys.begin(), table.keys.end(), key);
  if (at == table.keys.end()) return {};
  const auto index = at - table.keys.begin();
  ConfigNode item = std::move(table.items[static_cast<std::size_t>(index)]);
  table.keys.erase(at);
  table.items.erase(table.items.begin() + index);
  return item;
}

ConfigNode load_document(const std::filesystem::path& path, std::vector<std::filesystem::path>& chain);

/// Returns `root` merged over the file that its key "base" names.
ConfigNode resolve(ConfigNode root, const std::filesystem::path& folder, std::vector<std::filesystem::path>& chain) {
  const auto base = take(root, "base");
  if (!base) return root;
  if (base->kind != ConfigNode::Kind::text) detail::fail(*base, "base", "expected the path of a TOML file in quotes");
  const std::filesystem::path path = folder / base->text;
  const auto canonical = std::filesystem::weakly_canonical(path);
  if (std::find(chain.begin(), chain.end(), canonical) != chain.end())
    detail::fail(*base, "base", fmt::format("{} is reached again: the chain of bases is a cycle", path.string()));
  if (chain.size() >= longest_chain) detail::fail(*base, "base", "the chain of bases is longer than 32 files");
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    detail::fail(*base, "base", fmt::format("{} is not a file; the path is relative to this file", path.string()));
  ConfigNode merged = load_document(path, chain);
  merge(merged, root);
  merged.place = root.place;
  return merged;
}

ConfigNode load_document(const std::filesystem::path& path, std::vector<std::filesystem::path>& chain) {
  chain.push_back(std::filesystem::weakly_canonical(path));
  const auto bytes = read_file(path, config_limit);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return resolve(parse_document(text, path.string()), path.parent_path(), chain);
}

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// Reads a value as TOML where it parses, and as text where it is a bare word.
ConfigNode parse_value(const std::string& text, const std::string& key) {
  const ConfigNode where{.place = command_line};
  if (text.empty()) detail::fail(where, key, "expected KEY=VALUE; an empty text is written \"\"");
  if (text.find_first_of("\r\n") != std::string::npos) detail::fail(where, key, "expected a value on one line");
  detail::check_bounds(text, command_line);
  try {
    auto root = toml::parse("v = " + text);
    if (root.size() == 1 && !root["v"].is_date() && !root["v"].is_time() && !root["v"].is_date_time()) {
      ConfigNode node = convert(*root.get("v"), command_line);
      node.place = command_line;
      for (ConfigNode& item : node.items) item.place = command_line;
      return node;
    }
  } catch (const toml::parse_error& error) {
    if (std::string_view("\"'[{").find(text.front()) != std::string_view::npos)
      detail::fail(where, key, fmt::format("{} is not valid TOML: {}", text, error.description()));
  }
  ConfigNode node = detail::text_node(text);
  node.place = command_line;
  return node;
}

std::vector<std::string> split_key(const std::string& key) {
  require<ConfigError>(key.size() <= 1024 && std::ranges::count(key, '.') < 32,
                       "{}: expected a key of at most 32 parts and 1024 characters", command_line);
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  const bool empty = std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  require<ConfigError>(!empty, "{}: expected KEY=VALUE as in train.steps=20, got the key \"{}\"", command_line, key);
  return parts;
}

std::optional<std::size_t> as_index(const std::string& part) {
  if (part.size() > 6 || part.find_first_not_of("0123456789") != std::string::npos) return {};
  return std::stoul(part);
}

/// Returns the place of `part` inside `node`: a key of a table, or an item of a list.  A missing place is made.
ConfigNode& descend(ConfigNode& node, const std::string& part, const std::string& key) {
  const auto index = as_index(part);
  if (index && node.kind == ConfigNode::Kind::table && node.keys.empty()) node.kind = ConfigNode::Kind::list;
  if (node.kind == ConfigNode::Kind::list) {
    const ConfigNode where{.place = command_line};
    if (!index) detail::fail(where, key, fmt::format("expected an index into a list, got \"{}\"", part));
    if (*index > node.items.size())
      detail::fail(where, key, fmt::format("index {} is beyond the list of {}", *index, node.items.size()));
    if (*index == node.items.size()) node.items.push_back({.place = command_line});
    return node.items[*index];
  }
  if (node.kind != ConfigNode::Kind::table) node = {.place = command_line};
  const auto at = std::find(node.keys.begin(), node.keys.end(), part);
  if (at != node.keys.end()) return node.items[static_cast<std::size_t>(at - node.keys.begin())];
  detail::add(node, part, {.place = command_line});
  return node.items.back();
}

void sort_keys(ConfigNode& node) {
  for (ConfigNode& item : node.items) sort_keys(item);
  if (node.kind != ConfigNode::Kind::table) return;
  std::vector<std::size_t> order(node.keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return node.keys[a] < node.keys[b]; });
  ConfigNode sorted{.place = node.place};
  for (const std::size_t i : order) detail::add(sorted, node.keys[i], std::move(node.items[i]));
  node = std::move(sorted);
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto at = std::find(keys.begin(), keys.end(), key);
  return at == keys.end() ? nullptr : &items[static_cast<std::size_t>(at - keys.begin())];
}

Config Config::load(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> chain;
  return Config(load_document(path, chain));
}

Config Config::parse(std::string_view text, const std::string& filename) {
  std::vector<std::filesystem::path> chain{std::filesystem::weakly_canonical(filename)};
  return Config(resolve(parse_document(text, filename), std::filesystem::path(filename).parent_path(), chain));
}

Config Config::of(const std::vector<std::string>& assignments) {
  Config document;
  for (const auto& assignment : assignments) document.set(assignment);
  return document;
}

void Config::set(std::string_view assignment) {
  const auto equals = assignment.find('=');
  require<ConfigError>(equals != std::string_view::npos, "{}: expected KEY=VALUE as in train.steps=20, got \"{}\"",
                       command_line, assignment);
  const std::string key = trim(assignment.substr(0, equals));
  const auto parts = split_key(key);
  ConfigNode value = parse_value(trim(assignment.substr(equals + 1)), key);
  ConfigNode* node = &root_;
  for (const std::string& part : parts) node = &descend(*node, part, key);
  *node = std::move(value);
}

std::string Config::to_text() const {
  ConfigNode sorted = root_;
  sort_keys(sorted);
  return detail::to_toml(sorted);
}

}  // namespace fokker
