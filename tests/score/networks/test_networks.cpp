#include "fokker/score/networks/network.h"

#include <cmath>
#include <set>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/networks/unet.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const NetworkConfig small_unet{.kind = "unet",
                               .channels = {8, 16},
                               .attention = {false, true},
                               .layers_per_block = 1,
                               .groups = 4,
                               .head_size = 8};
const NetworkConfig small_mlp{.kind = "mlp", .hidden = {12, 10}, .time_dimension = 6};
const NetworkConfig ncsnv2{.kind = "unet",
                           .channels = {8, 8},
                           .attention = {},
                           .mid_attention = false,
                           .layers_per_block = 1,
                           .groups = 4,
                           .time_embedding = "none",
                           .divide_by_time = true};
const NetworkConfig ncsn{.kind = "unet",
                         .channels = {8, 8},
                         .attention = {},
                         .mid_attention = false,
                         .layers_per_block = 1,
                         .norm = "instance",
                         .groups = 4,
                         .divide_by_time = true};
const NetworkConfig residual_mlp{.kind = "mlp", .hidden = {6, 6, 6}, .time_dimension = 4, .residual = true};
const NetworkConfig small_dit{
    .kind = "dit", .patch = 2, .depth = 2, .width = 8, .heads = 2, .classes = 2, .label_dropout = 0.25};
const NetworkConfig adm{.kind = "unet",
                        .channels = {8, 8},
                        .attention = {true, false},
                        .layers_per_block = 1,
                        .groups = 4,
                        .head_size = 4,
                        .scale_shift = true,
                        .downsample = "resnet",
                        .upsample = "resnet",
                        .out_channels = 1,
                        .classes = 2,
                        .label_dropout = 0.25};
const NetworkConfig ncsnpp{.kind = "unet",
                           .channels = {8, 8},
                           .attention = {false, true},
                           .layers_per_block = 1,
                           .groups = 0,
                           .head_size = 0,
                           .time_embedding = "fourier",
                           .center_input = true,
                           .divide_by_time = true,
                           .downsample = "fir",
                           .upsample = "fir",
                           .residual_divisor = 1.4142135623730951,
                           .mid_divisor = 1.4142135623730951,
                           .progressive = true};

/// Every parameter random and in f64: an output layer that starts at zero would hide the others.
void randomise(Network& network) {
  std::uint32_t i = 0;
  network.visit(ParameterVisitor([&](const std::string& name, Tensor& tensor, bool) {
    const bool scale = name.find("norm") != std::string::npos && name.ends_with("weight");
    tensor = Rng(9, Stream::general, i++).normal(tensor.shape(), Dtype::f64) * 0.2 + (scale ? 1.0 : 0.0);
  }));
}

double loss_value(const Network& network, const Tensor& x, const Tensor& time, const Tensor& weights) {
  return sum(network(x, time) * weights).item();
}

/// Gradients against central differences along random directions of all parameters and the input together.
void check_directions(Network& network, const Shape& input) {
  randomise(network);
  const Tensor x = Rng(1).normal(input, Dtype::f64), weights = Rng(2).normal(input, Dtype::f64);
  const Tensor time = Rng(3).uniform({input[0]}, Dtype::f64) * 1000;
  auto parameters = network.trainable_parameters();
  std::vector<Tensor> values, leaves;
  for (auto& p : parameters) {
    values.push_back(*p.tensor);
    *p.tensor = p.tensor->leaf();
    leaves.push_back(*p.tensor);
  }
  leaves.push_back(x.leaf());
  values.push_back(x);
  const auto gradients = grad(sum(network(leaves.back(), time) * weights), leaves);
  const double step = 2e-5;
  for (std::uint32_t direction = 0; direction < 20; ++direction) {
    double analytic = 0, numeric = 0;
    std::vector<Tensor> tangents;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      tangents.push_back(Rng(100 + i, Stream::general, direction).normal(values[i].shape(), Dtype::f64));
      analytic += sum(gradients[i] * tangents[i]).item();
    }
    for (const auto& [steps, weight] : {std::pair{1, 8.0}, {-1, -8.0}, {2, -1.0}, {-2, 1.0}}) {
      const double shift = steps * step;
      for (std::size_t i = 0; i < parameters.size(); ++i) *parameters[i].tensor = values[i] + tangents[i] * shift;
      numeric += weight * loss_value(network, x + tangents.back() * shift, time, weights) / (12 * step);
    }
    INFO("direction " << direction);
    CHECK(numeric == Approx(analytic).epsilon(1e-6));
  }
}

}  // namespace

TEST_CASE("gradients of whole networks along 20 random directions") {
  SECTION("mlp") { check_directions(*make_network(small_mlp, Shape{3}, Rng(0)), {4, 3}); }
  SECTION("feed_forward") {
    check_directions(*make_network({.kind = "feed_forward", .hidden = {7, 9}}, Shape{5}, Rng(0)), {4, 5});
  }
  SECTION("residual mlp") { check_directions(*make_network(residual_mlp, Shape{3}, Rng(0)), {4, 3}); }
  SECTION("unet") { check_directions(*make_network(small_unet, Shape{4, 4, 1}, Rng(0)), {2, 4, 4, 1}); }
  SECTION("adm") { check_directions(*make_network(adm, Shape{4, 4, 1}, Rng(0)), {2, 4, 4, 1}); }
  SECTION("ncsn") { check_directions(*make_network(ncsn, Shape{4, 4, 1}, Rng(0)), {2, 4, 4, 1}); }
  SECTION("ncsnpp") { check_directions(*make_network(ncsnpp, Shape{4, 4, 1}, Rng(0)), {2, 4, 4, 1}); }
  SECTION("dit") { check_directions(*make_network(small_dit, Shape{4, 4, 1}, Rng(0)), {2, 4, 4, 1}); }
}

TEST_CASE("f32 networks agree with f64, and samples do not see their batch") {
  const auto [config, sample] = GENERATE(table<NetworkConfig, Shape>({{small_unet, Shape{8, 8, 1}},
                                                                      {small_mlp, Shape{2}},
                                                                      {adm, Shape{8, 8, 1}},
                                                                      {ncsnpp, Shape{8, 8, 1}},
                                                                      {ncsn, Shape{8, 8, 1}},
                                                                      {small_dit, Shape{8, 8, 1}}}));
  const auto network = make_network(config, sample, Rng(4));
  randomise(*network);
  std::vector<std::int64_t> extents{7};
  extents.insert(extents.end(), sample.begin(), sample.end());
  const Tensor x = Rng(5).normal(Shape(extents), Dtype::f64), time = Tensor::full({7}, 321, Dtype::f64);
  const Tensor exact = (*network)(x, time);
  network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = cast(p, Dtype::f32); }));
  const Tensor x32 = cast(x, Dtype::f32), time32 = cast(time, Dtype::f32);
  const Tensor all = (*network)(x32, time32);
  const double error = std::sqrt(sum(square(cast(all, Dtype::f64) - exact)).item() / sum(square(exact)).item());
  CHECK(error < 2e-5);
  const std::int64_t size = sample.size();
  for (std::int64_t row = 0; row < 7; ++row) {
    const Tensor one = (*network)(x32.rows(row, row + 1), time32.rows(row, row + 1));
    for (std::int64_t i = 0; i < size; ++i) REQUIRE(one.at(i) == all.at(row * size + i));
  }
}

TEST_CASE("the U-Net has diffusers' parameter names and starts silent") {
  UNet network(1,
               {.channels = {32, 64}, .attention = {false, true}, .layers_per_block = 2, .groups = 8, .head_size = 8},
               Rng(0));
  std::set<std::string> names;
  for (const auto& p : network.parameters()) names.insert(p.name);
  for (const char* name : {"conv_in.weight", "time_embedding.linear_1.weight", "time_embedding.linear_2.bias",
                           "down_blocks.0.resnets.0.norm1.weight", "down_blocks.0.resnets.1.conv2.bias",
                           "down_blocks.0.downsamplers.0.conv.weight", "down_blocks.1.resnets.0.conv_shortcut.weight",
                           "down_blocks.1.resnets.0.time_emb_proj.weight",
                           "down_blocks.1.attentions.0.group_norm.weight", "down_blocks.1.attentions.1.to_q.weight",
                           "down_blocks.1.attentions.0.to_out.0.bias", "mid_block.resnets.1.conv1.weight",
                           "mid_block.attentions.0.to_v.bias", "up_blocks.0.resnets.2.conv_shortcut.weight",
                           "up_blocks.0.upsamplers.0.conv.bias", "up_blocks.0.attentions.2.to_k.weight",
                           "up_blocks.1.resnets.2.norm2.bias", "conv_norm_out.weight", "conv_out.bias"}) {
    INFO(name);
    CHECK(names.contains(name));
  }
  CHECK_FALSE(names.contains("down_blocks.1.downsamplers.0.conv.weight"));
  const Tensor silent = network(Tensor::ones({2, 8, 8, 1}), Tensor::zeros({2}));
  for (double v : silent.to_vector()) CHECK(v == 0);
}

TEST_CASE("wrong shapes and kinds are refused with the remedy") {
  CHECK_THROWS_WITH(make_network(small_unet, Shape{2}, Rng(0)), Catch::Contains("mlp"));
  CHECK_THROWS_AS(make_network({.kind = "transformer"}, Shape{2}, Rng(0)), ConfigError);
  const auto network = make_network(small_unet, Shape{8, 8, 1}, Rng(0));
  CHECK_THROWS_WITH((*network)(Tensor::zeros({1, 7, 7, 1}), Tensor::zeros({1})), Catch::Contains("multiples of 2"));
  CHECK_THROWS_AS((*network)(Tensor::zeros({1, 8, 8, 3}), Tensor::zeros({1})), ShapeError);
  NetworkConfig wrong = small_unet;
  wrong.head_size = 5;
  CHECK_THROWS_WITH(make_network(wrong, Shape{8, 8, 1}, Rng(0)), Catch::Contains("head_size"));
  wrong = small_unet;
  wrong.progressive = true;
  CHECK_THROWS_WITH(make_network(wrong, Shape{8, 8, 1}, Rng(0)), Catch::Contains("fir"));
  wrong = small_unet;
  wrong.attention = {true};
  CHECK_THROWS_WITH(make_network(wrong, Shape{8, 8, 1}, Rng(0)), Catch::Contains("2 entries"));
  CHECK_THROWS_WITH(make_network(small_dit, Shape{7, 8, 1}, Rng(0)), Catch::Contains("network.patch"));
  wrong = small_dit;
  wrong.heads = 3;
  CHECK_THROWS_WITH(make_network(wrong, Shape{8, 8, 1}, Rng(0)), Catch::Contains("network.heads"));
  const auto dit = make_network(small_dit, Shape{8, 8, 1}, Rng(0));
  CHECK_THROWS_AS((*dit)(Tensor::zeros({1, 4, 4, 1}), Tensor::zeros({1})), ShapeError);
}

TEST_CASE("without time embedding the output is one function of x, over the time") {
  const auto network = make_network(ncsnv2, Shape{8, 8, 1}, Rng(0));
  network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = Rng(6).normal(p.shape()) * 0.3; }));
  const Tensor x = Tensor::ones({2, 8, 8, 1}), y = (*network)(x, Tensor::from({0.5, 4}, {2}));
  CHECK(y.at(0) != 0);
  for (std::int64_t i = 0; i < 64; ++i) CHECK(y.at(i) == Approx(8 * y.at(64 + i)).epsilon(1e-5));
}

TEST_CASE("hidden layers of equal width are added to their input") {
  NetworkConfig config{.kind = "mlp", .hidden = {5, 5}, .time_dimension = 4, .residual = true};
  const Tensor x = Rng(1).normal({2, 3}), time = Tensor::zeros({2});
  // A second layer that gives zero: the residual network is that of one layer.
  const auto two = make_network(config, Shape{3}, Rng(4));
  config.hidden = {5};
  const auto one = make_network(config, Shape{3}, Rng(4));
  for (const auto& network : {two.get(), one.get()})
    network->visit(ParameterVisitor([](const std::string& name, Tensor& p, bool) {
      const bool second = name.starts_with("layers.1") || name.starts_with("time_projections.1");
      p = Rng(6).normal(p.shape()) * (second ? 0.0 : 0.5);
    }));
  const Tensor a = (*two)(x, time), b = (*one)(x, time);
  for (std::int64_t i = 0; i < 6; ++i) CHECK(a.at(i) == Approx(b.at(i)).epsilon(1e-6));
}

TEST_CASE("FIR resampling is the filter (1, 3, 3, 1)") {
  const Tensor x = Tensor::from({1, 2, 4, 8}, {1, 1, 4, 1}), column = reshape(x, {1, 4, 1, 1});
  const Tensor wide = concat({x, x * 0.0, x * 0.0, x}, 1);  // rows beyond a row of zeros do not reach it
  const double across[] = {1. * 0 + 3 * 1 + 3 * 2 + 1 * 4, 1. * 2 + 3 * 4 + 3 * 8 + 1 * 0};
  const Tensor down = fir_downsample(wide);
  REQUIRE(down.shape() == Shape{1, 2, 2, 1});
  for (std::int64_t i = 0; i < 2; ++i) CHECK(down.at(i) == Approx(across[i] / 8 * 3 / 8));
  const Tensor up = fir_upsample(column);
  REQUIRE(up.shape() == Shape{1, 8, 2, 1});
  const double along[] = {3, 1. * 3 + 2, 1 + 2. * 3, 2. * 3 + 4, 2 + 4. * 3, 4. * 3 + 8, 4 + 8. * 3, 8. * 3};
  for (std::int64_t i = 0; i < 8; ++i) CHECK(up.at(2 * i) == Approx(along[i] / 4 * 3 / 4));
}

TEST_CASE("dropout acts in training alone, by sample") {
  NetworkConfig config = small_mlp;
  config.dropout = 0.5;
  const auto network = make_network(config, Shape{2}, Rng(0));
  network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = Rng(6).normal(p.shape()) * 0.5; }));
  const Tensor x = Tensor::ones({6, 2}), time = Tensor::zeros({6});
  const Tensor plain = (*network)(x, time);
  CHECK(plain.at(0) == plain.at(2));
  const Tensor dropped = (*network)(x, time, {.training = true, .rng = Rng(1, Stream::dropout)});
  CHECK(dropped.at(0) != dropped.at(2));
  const Tensor tail =
      (*network)(x.rows(4, 6), time.rows(4, 6), {.training = true, .rng = Rng(1, Stream::dropout), .first_sample = 4});
  CHECK(tail.at(0) == dropped.at(8));
}

TEST_CASE("network.checkpoint changes no bit of the gradients, with dropout and labels") {
  NetworkConfig unet = small_unet, dit = small_dit;
  unet.dropout = 0.2;
  unet.classes = 2;
  for (NetworkConfig config : {unet, dit}) {
    const auto gradients = [&](bool checkpoint) {
      config.checkpoint = checkpoint;
      const auto network = make_network(config, Shape{8, 8, 1}, Rng(4));
      randomise(*network);
      network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = cast(p, Dtype::f32); }));
      std::vector<Tensor> leaves;
      for (const auto& p : network->trainable_parameters()) leaves.push_back(*p.tensor = p.tensor->leaf());
      const Pass pass{.training = true, .rng = Rng(5), .condition = {.labels = {0, 1, 1}}};
      return grad(sum(square((*network)(Rng(6).normal({3, 8, 8, 1}), Tensor::full({3}, 10), pass))), leaves);
    };
    const auto plain = gradients(false), again = gradients(true);
    INFO(config.kind);
    for (std::size_t i = 0; i < plain.size(); ++i) REQUIRE(again[i].to_vector() == plain[i].to_vector());
  }
}

TEST_CASE("no network is built for samples without numbers or axes, and none takes an empty batch") {
  const Rng rng(1);
  for (const NetworkConfig& config : {small_unet, ncsn, ncsnpp, small_dit, small_mlp,
                                      NetworkConfig{.kind = "classifier", .hidden = {8}, .classes = 2},
                                      NetworkConfig{.kind = "classifier", .channels = {8}, .classes = 2},
                                      NetworkConfig{.kind = "feed_forward", .hidden = {8}},
                                      NetworkConfig{.kind = "mlp", .hidden = {8}, .fourier_features = {1}}}) {
    INFO(config.kind);
    for (const Shape& sample : {Shape{}, Shape{0}, Shape{0, 8, 1}, Shape{8, 0, 1}, Shape{8, 8, 0}})
      CHECK_THROWS_AS(make_network(config, sample, rng), ShapeError);
    const bool images = config.kind == "unet" || config.kind == "dit";
    const Shape sample = images ? Shape{8, 8, 1} : Shape{3};
    if (config.kind == "classifier" && config.hidden.empty()) continue;
    const auto network = make_network(config, sample, rng);
    for (const Shape& x : {with_axis(sample, 0, 0), with_extent(with_axis(sample, 0, 2), 1, 0), Shape{}})
      CHECK_THROWS_AS((*network)(Tensor::ones(x), Tensor::ones({x.rank() > 0 ? x[0] : 0})), ShapeError);
  }
}
