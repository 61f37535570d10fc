#pragma once
// Field tables: each config struct lists its members, with their names, help texts and constraints.
//
//   struct TrainConfig {
//     int steps = 3000;
//     double learning_rate = 5e-4;
//     static constexpr auto fields = std::tuple{
//         field("steps", &TrainConfig::steps, "number of optimizer steps", at_least(1)),
//         field("learning_rate", &TrainConfig::learning_rate, "step size of AdamW", above(0))};
//   };
//
// Members may be bool, int, int64, uint64, double, std::string, std::array, std::vector and std::optional
// of those.  They may also be structs with fields (tables) and vectors of such structs (arrays of tables).
// A struct may have `void validate() const` for rules between its members.  It throws ConfigError, to
// which the reader adds file, line and key.

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace fokker {

/// The conditions that a value must satisfy.  On a list, each element must satisfy them.
struct Constraint {
  static constexpr std::size_t max_names = 24;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;
  bool required = false;  // the key must be given
  bool nonempty = false;  // the text or list must not be empty
  std::array<const char*, max_names> names{};
  bool listed = false;  // whether list_names is set: g++ 12 with -fsanitize=undefined cannot compare it in a constant
  std::vector<std::string> (*list_names)() = nullptr;
};

constexpr Constraint at_least(double low) { return {.low = low}; }
constexpr Constraint at_most(double high) { return {.high = high}; }
constexpr Constraint above(double low) { return {.low = low, .low_open = true}; }
constexpr Constraint below(double high) { return {.high = high, .high_open = true}; }
/// low ≤ value ≤ high
constexpr Constraint between(double low, double high) { return {.low = low, .high = high}; }
constexpr Constraint required() { return {.required = true}; }
constexpr Constraint nonempty() { return {.nonempty = true}; }
/// The value must be one of the names: those of one_of("vp", "ve"), of an array, or of those that a registry lists.
template <std::convertible_to<const char*>... Names>
constexpr Constraint one_of(Names... names) {
  static_assert(sizeof...(Names) <= Constraint::max_names);
  return {.names = {names...}};
}
template <std::size_t N>
constexpr Constraint one_of(const std::array<const char*, N>& names) {
  static_assert(N <= Constraint::max_names);
  Constraint constraint;
  std::copy(names.begin(), names.end(), constraint.names.begin());
  return constraint;
}
constexpr Constraint one_of(std::vector<std::string> (*list_names)()) {
  return {.listed = true, .list_names = list_names};
}

/// A value must satisfy both constraints.
constexpr Constraint operator&(Constraint a, const Constraint& b) {
  if (b.low > a.low) a.low = b.low, a.low_open = b.low_open;
  if (b.high < a.high) a.high = b.high, a.high_open = b.high_open;
  a.required |= b.required;
  a.nonempty |= b.nonempty;
  if (b.names[0]) a.names = b.names;
  if (b.listed) a.listed = true, a.list_names = b.list_names;
  return a;
}

/// One row of a field table.  `help` is shown alone, beside the key, and must be understood alone.
template <class Struct, class Member>
struct Field {
  const char* name;
  Member Struct::*member;
  const char* help;
  Constraint constraint;
};

template <class Struct, class Member, std::same_as<Constraint>... Constraints>
constexpr Field<Struct, Member> field(const char* name, Member Struct::*member, const char* help,
                                      Constraints... constraints) {
  return {name, member, help, (Constraint{} & ... & constraints)};
}

template <class T>
concept HasFields = requires {
  T::fields;
};

}  // namespace fokker
