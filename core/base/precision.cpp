#include "fokker/core/base/precision.h"

#include <utility>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

thread_local Precision current = Precision::f32;

}  // namespace

Precision precision_of(std::string_view name) {
  require<ConfigError>(name == "f32" || name == "bf16", "[precision] expected f32 or bf16, got {}", name);
  return name == "bf16" ? Precision::bf16 : Precision::f32;
}

Precision precision() { return current; }
MixedPrecision::MixedPrecision(Precision precision) : before_(std::exchange(current, precision)) {}
MixedPrecision::~MixedPrecision() { current = before_; }

}  // namespace fokker
