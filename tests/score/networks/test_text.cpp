#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/networks/text_encoder.h"
#include "fokker/score/networks/tokenizer.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t vocabulary = 7, length = 4;
const TextConfig small_text{.vocabulary = vocabulary, .length = length, .width = 8, .depth = 2, .heads = 2};
const NetworkConfig small_unet{.kind = "unet",
                               .channels = {8, 8},
                               .attention = {false, true},
                               .layers_per_block = 1,
                               .groups = 4,
                               .head_size = 4,
                               .label_dropout = 0.25,
                               .text_width = 8,
                               .text_depth = 1,
                               .text_heads = 2,
                               .text_vocabulary = vocabulary,
                               .text_length = length};

/// A caption of four words, one of two, and the empty one.
const std::vector<std::int64_t> three_captions = {1, 2, 3, 4, 1, 5, 0, 0, 1, 0, 0, 0};

template <class M>
void randomise(M& module, double deviation, Dtype dtype = Dtype::f32) {
  std::uint32_t i = 0;
  module.visit(ParameterVisitor([&](const std::string& name, Tensor& p, bool) {
    const bool scale = name.find("norm") != std::string::npos && name.ends_with("weight");
    p = Rng(6, Stream::general, i++).normal(p.shape(), dtype) * deviation + (scale ? 1.0 : 0.0);
  }));
}

double distance(const Tensor& a, const Tensor& b) { return max(abs(reshape(a - b, {a.size()})), 0).item(); }

}  // namespace

TEST_CASE("attention with masked keys is attention to the others") {
  const Tensor q = Rng(1).normal({2, 3, 8}), k = Rng(2).normal({2, 5, 8}), v = Rng(3).normal({2, 5, 8});
  const double m = masked_key;
  const Tensor bias = Tensor::from({0, 0, 0, m, m, 0, 0, 0, m, m}, {2, 5});
  const Tensor masked = attention(q, k, v, 2, bias), others = attention(q, slice(k, 1, 0, 3), slice(v, 1, 0, 3), 2);
  CHECK(distance(masked, others) < 1e-6);
  CHECK(distance(attention(q, k, v, 2), others) > 1e-2);
  CHECK_THROWS_AS(attention(q, k, v, 2, Tensor::zeros({2, 4})), ShapeError);
}

TEST_CASE("padding is seen by no token of a caption") {
  TextEncoder encoder(small_text, 6, 0, Rng(0));
  randomise(encoder, 0.5);
  const Pass pass{.condition = {.tokens = {1, 5, 0, 0}}};
  const TextStates before = encoder(1, pass);
  encoder.visit(ParameterVisitor([](const std::string& name, Tensor& p, bool) {
    if (name.find("token_embedding") == std::string::npos) return;
    p = p.clone();
    for (std::int64_t i = 0; i < p.extent(1); ++i) p.data<float>()[i] = 9;  // of padding
  }));
  const TextStates after = encoder(1, pass);
  CHECK(distance(before.pooled, after.pooled) == 0);
  CHECK(distance(slice(before.tokens, 1, 0, 2), slice(after.tokens, 1, 0, 2)) == 0);
  CHECK(distance(slice(before.tokens, 1, 2, 4), slice(after.tokens, 1, 2, 4)) > 0.1);
  const TextStates other = encoder(1, {.condition = {.tokens = {1, 6, 0, 0}}});
  CHECK(distance(after.pooled, other.pooled) > 0.01);
}

TEST_CASE("captions change the output, order counts, and the empty caption stands for none") {
  const auto network = make_network(small_unet, Shape{4, 4, 1}, Rng(0));
  randomise(*network, 0.3);
  CHECK(network->caption_length() == length);
  const Tensor x = Tensor::ones({3, 4, 4, 1}), time = Tensor::ones({3});
  const Tensor y = (*network)(x, time, {.condition = {.tokens = three_captions}}), plain = (*network)(x, time);
  CHECK(y.rows(2, 3).to_vector() == plain.rows(2, 3).to_vector());
  CHECK(y.rows(0, 1).to_vector() != plain.rows(0, 1).to_vector());
  CHECK(y.rows(0, 1).to_vector() != y.rows(1, 2).to_vector());
  const Pass reordered{.condition = {.tokens = {1, 4, 3, 2}}};
  CHECK(distance((*network)(x.rows(0, 1), time.rows(0, 1), reordered), y.rows(0, 1)) > 1e-4);
}

TEST_CASE("a new text U-Net starts without a say of its cross-attention") {
  const auto network = make_network(small_unet, Shape{4, 4, 1}, Rng(0));
  std::int64_t found = 0;
  for (const auto& p : network->parameters())
    if (p.name.find("cross_attentions.0.attn2.to_out.0.weight") != std::string::npos) {
      ++found;
      CHECK(max(abs(reshape(*p.tensor, {p.tensor->size()})), 0).item() == 0);
    }
  CHECK(found == 3);  // of the encoder's level, the middle and the decoder's level
}

TEST_CASE("captions are dropped in training alone, by sample, whatever the shard") {
  TextEncoder encoder(small_text, 1, 0.25, Rng(0));
  randomise(encoder, 0.5);
  const std::int64_t n = 4000;
  std::vector<std::int64_t> tokens;
  for (std::int64_t i = 0; i < n; ++i) tokens.insert(tokens.end(), {1, 3, 2, 0});
  Pass pass{.rng = Rng(1, Stream::dropout, 3), .condition = {.tokens = tokens}};
  const double null = encoder(1, {}).pooled.item();
  const auto count = [&](const std::vector<double>& y) { return std::ranges::count(y, null); };
  CHECK(count(encoder(n, pass).pooled.to_vector()) == 0);
  pass.training = true;
  const auto dropped = encoder(n, pass).pooled.to_vector();
  CHECK(std::abs(static_cast<double>(count(dropped)) / n - 0.25) < 4 * std::sqrt(0.25 * 0.75 / n));
  pass.first_sample = 1500;
  pass.condition.tokens.resize(100 * length);
  const auto part = encoder(100, pass).pooled.to_vector();
  CHECK(std::equal(part.begin(), part.end(), dropped.begin() + 1500));
}

TEST_CASE("gradients of a text U-Net along random directions of all parameters") {
  const auto network = make_network(small_unet, Shape{4, 4, 1}, Rng(0));
  randomise(*network, 0.2, Dtype::f64);
  const Tensor x = Rng(1).normal({3, 4, 4, 1}, Dtype::f64), weights = Rng(2).normal({3, 4, 4, 1}, Dtype::f64);
  const Tensor time = Rng(3).uniform({3}, Dtype::f64) * 1000;
  const Pass pass{.condition = {.tokens = three_captions}};
  const auto loss = [&] { return sum((*network)(x, time, pass) * weights); };
  auto parameters = network->trainable_parameters();
  std::vector<Tensor> values, leaves;
  for (auto& p : parameters) {
    values.push_back(*p.tensor);
    *p.tensor = p.tensor->leaf();
    leaves.push_back(*p.tensor);
  }
  const auto gradients = grad(loss(), leaves);
  double of_text = 0;
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (parameters[i].name.starts_with("text_encoder")) of_text += sum(square(gradients[i])).item();
  CHECK(of_text > 1e-6);
  const NoGrad no_grad;
  for (std::uint32_t direction = 0; direction < 10; ++direction) {
    double analytic = 0, numeric = 0;
    std::vector<Tensor> tangents;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      tangents.push_back(Rng(100 + i, Stream::general, direction).normal(values[i].shape(), Dtype::f64));
      analytic += sum(gradients[i] * tangents[i]).item();
    }
    const double step = 2e-5;
    for (const auto& [steps, weight] : {std::pair{1, 8.0}, {-1, -8.0}, {2, -1.0}, {-2, 1.0}}) {
      for (std::size_t i = 0; i < parameters.size(); ++i)
        *parameters[i].tensor = values[i] + tangents[i] * (steps * step);
      numeric += weight * loss().item() / (12 * step);
    }
    INFO("direction " << direction);
    CHECK(numeric == Approx(analytic).epsilon(1e-6));
  }
}

TEST_CASE("captions that a network does not take are refused") {
  const Tensor x = Tensor::ones({1, 4, 4, 1}), time = Tensor::ones({1});
  const Pass one{.condition = {.tokens = {1, 2, 0, 0}}};
  NetworkConfig config = small_unet;
  config.text_width = 0;
  CHECK_THROWS_WITH((*make_network(config, Shape{4, 4, 1}, Rng(0)))(x, time, one),
                    Catch::Contains("takes no captions"));
  config = small_unet;
  config.label_dropout = 0;
  const auto network = make_network(config, Shape{4, 4, 1}, Rng(0));
  CHECK_NOTHROW((*network)(x, time, one));
  CHECK_THROWS_WITH((*network)(x, time), Catch::Contains("expected a caption"));
  CHECK_THROWS_AS((*network)(x, time, {.condition = {.tokens = {1, 2, 0}}}), ShapeError);
  CHECK_THROWS_AS((*network)(x, time, {.condition = {.tokens = {1, vocabulary, 0, 0}}}), ShapeError);
  config.kind = "dit";
  CHECK_THROWS_WITH(make_network(config, Shape{4, 4, 1}, Rng(0)), Catch::Contains("kind = \"unet\""));
  config = small_unet;
  config.text_vocabulary = 0;
  CHECK_THROWS_WITH(make_network(config, Shape{4, 4, 1}, Rng(0)), Catch::Contains("data that have them"));
}

TEST_CASE("a tokenizer numbers sorted words from 2 and reads what it wrote") {
  const std::vector<std::string> captions = {"a 3 above a 7", "Two thin 1s!"};
  const Tokenizer tokenizer(captions);
  CHECK(tokenizer.words() == std::vector<std::string>{"1", "3", "7", "a", "above", "s", "thin", "two"});
  CHECK(tokenizer.vocabulary() == 10);
  CHECK(tokenizer.length() == 6);
  CHECK(tokenizer(captions[0]) == std::vector<std::int64_t>{1, 5, 3, 6, 5, 4});
  CHECK(tokenizer("two  THIN 1s") == std::vector<std::int64_t>{1, 9, 8, 2, 7, 0});
  CHECK(tokenizer("") == std::vector<std::int64_t>{1, 0, 0, 0, 0, 0});
  CHECK(tokenizer.text(tokenizer("Two thin 1s")) == "two thin 1 s");
  CHECK(tokenizer(captions).size() == 12);
}

TEST_CASE("words that a tokenizer does not know are named with the nearest one") {
  const std::vector<std::string> captions = {"a 3 above a 7", "a 3 below a 7"};
  const Tokenizer tokenizer(captions);
  CHECK_THROWS_WITH(tokenizer("a 3 abowe a 7"), Catch::Contains("unknown word \"abowe\"") &&
                                                    Catch::Contains("did you mean \"above\"?") &&
                                                    Catch::Contains("3, 7, a, above, below"));
  CHECK_THROWS_AS(tokenizer("zebra"), ConfigError);
  CHECK_THROWS_WITH(tokenizer("a 3 above a 7 above"), Catch::Contains("at most 5 words, got 6"));
}
