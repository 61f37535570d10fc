#include "fokker/score/networks/fourier_input.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/view.h"
#include "fokker/score/networks/network.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Returns its input.
struct Mirror final : Network {
  Tensor operator()(const Tensor& x, const Tensor&, const Pass&) const override { return x; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Mirror>(*this); }
  void visit(const ParameterVisitor&) override {}
};

}  // namespace

TEST_CASE("the network sees x, and sines and cosines of 2^n pi x behind it") {
  const FourierInput network(std::make_unique<Mirror>(), {1, 3});
  const Tensor x = Rng(1).normal({2, 3, 3, 2}, Dtype::f64), seen = network(x, Tensor::zeros({2}));
  CHECK(seen.shape() == Shape{2, 3, 3, 10});
  for (std::int64_t i = 0; i < 18; ++i)
    for (std::int64_t c = 0; c < 2; ++c) {
      const double value = x.at(2 * i + c);
      CHECK(seen.at(10 * i + c) == value);
      int place = 1;
      for (const int n : {1, 3}) {
        const double phase = std::pow(2, n) * std::numbers::pi * value;
        CHECK(seen.at(10 * i + 2 * place++ + c) == Approx(std::sin(phase)).margin(1e-12));
        CHECK(seen.at(10 * i + 2 * place++ + c) == Approx(std::cos(phase)).margin(1e-12));
      }
    }
}

TEST_CASE("every network that takes Fourier features or more output channels keeps the shape that is asked for") {
  const Shape image{8, 8, 1};
  for (const char* kind : {"unet", "dit", "mlp"})
    for (const std::int64_t channels : {0, 2}) {
      const NetworkConfig config{.kind = kind,
                                 .channels = {8, 8},
                                 .width = 16,
                                 .hidden = {8},
                                 .out_channels = channels,
                                 .fourier_features = {2, 3}};
      const auto network = make_network(config, image, Rng(0));
      INFO(kind << ", " << channels);
      CHECK((*network)(Rng(1).normal({3, 8, 8, 1}), Tensor::zeros({3})).shape() ==
            Shape{3, 8, 8, channels == 0 ? 1 : channels});
      NetworkConfig plain = config;
      plain.fourier_features.clear();
      const auto without = make_network(plain, image, Rng(0));
      CHECK(network->parameters().size() == without->parameters().size());
      CHECK(network->parameter_count() > without->parameter_count());
      CHECK(network->replica()->parameters()[0].name == network->parameters()[0].name);
    }
  CHECK_THROWS_WITH(make_network({.kind = "feed_forward", .fourier_features = {2}}, Shape{2}, Rng(0)),
                    Catch::Contains("mlp"));
}
