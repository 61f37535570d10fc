#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace fokker {

/// The base of all errors that the library throws.  A message reads "[where] expected …, got …" and names a remedy.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reports shapes, dtypes or indices that do not fit together.
class ShapeError : public Error {
  using Error::Error;
};

/// Reports a configuration, file content or argument that is not valid.  The command line exits with 2.
class ConfigError : public Error {
  using Error::Error;
};

/// Reports a NaN, an overflow or a step size that vanished.  The command line exits with 3.
class NumericalError : public Error {
  using Error::Error;
};

/// Reports a file that cannot be read or written.  The command line exits with 4.
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
