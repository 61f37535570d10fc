#pragma once

#include <memory>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

/// Gives a network x [B, …, C] and, beside it in the last axis, sin(2ⁿ π x) and cos(2ⁿ π x) for each of the E exponents
/// n [kingma2021]: [B, …, (1 + 2E) C].  These inputs tell apart grey levels that differ by 2^−n or less.  Parameters
/// keep their names.
class FourierInput final : public Network {
 public:
  /// `inner` takes (1 + 2 E) times the channels of x.
  FourierInput(std::unique_ptr<Network> inner, std::vector<std::int64_t> exponents)
      : inner_(std::move(inner)), exponents_(std::move(exponents)) {}

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override;
  void visit(const ParameterVisitor& visitor) override { inner_->visit(visitor); }
  std::int64_t classes() const override { return inner_->classes(); }
  std::int64_t caption_length() const override { return inner_->caption_length(); }

 private:
  std::unique_ptr<Network> inner_;
  std::vector<std::int64_t> exponents_;
};

}  // namespace fokker
