#pragma once

#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "fokker/core/base/error.h"
#include "fokker/core/base/names.h"
#include "fokker/core/base/registry.h"

namespace fokker {

/// A registry: rows of literals that are found by their names.  A row is a struct with a member `name`, or a name.
template <class Row>
class Registry {
 public:
  /// `where` begins the messages of unknown names, such as "[sde] kind:".  The rows must outlive the table.
  template <class Rows>
  constexpr Registry(const char* where, const Rows& rows) : where_(where), rows_(std::data(rows), std::size(rows)) {}

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Row& row : rows_) all.emplace_back(name_of(row));
    return all;
  }
  /// Returns the row of that name, or nullptr.
  const Row* find(std::string_view name) const {
    for (const Row& row : rows_)
      if (name == name_of(row)) return &row;
    return nullptr;
  }
  /// Returns the row of that name.  Throws ConfigError with the nearest names for an unknown one.
  const Row& at(std::string_view name) const {
    if (const Row* row = find(name)) return *row;
    throw ConfigError(std::string(where_) + " " + unknown_name(name, names()));
  }
  /// Returns the place of the row of that name, as a number of an enum.  Throws as `at` does.
  template <class Enum>
  Enum number(std::string_view name) const {
    return static_cast<Enum>(&at(name) - rows_.data());
  }

 private:
  static constexpr std::string_view name_of(const Row& row) {
    if constexpr (requires { row.name; })
      return row.name;
    else
      return row;
  }

  const char* where_;
  std::span<const Row> rows_;
};
template <class Rows>
Registry(const char*, const Rows& rows) -> Registry<std::remove_cvref_t<decltype(*std::data(rows))>>;

}  // namespace fokker
