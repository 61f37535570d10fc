#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace fokker {

/// Base of everything that the library throws.  Messages read "[where] expected …, got …" and name a remedy.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes, dtypes or indices that do not fit together.
class ShapeError : public Error {
  using Error::Error;
};

/// A configuration, file content or argument that is not valid.  The command line exits with 2.
class ConfigError : public Error {
  using Error::Error;
};

/// A NaN, an overflow or a step size that vanished.  The command line exits with 3.
class NumericalError : public Error {
  using Error::Error;
};

/// A file that cannot be read or written.  The command line exits with 4.
class IoError : public Error {
  using Error::Error;
};

/// Throws `E` with the formatted message unless `condition` holds.
template <class E, class... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) [[unlikely]]
    throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace fokker
