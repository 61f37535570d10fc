#include "fokker/experiments/data/data_facts.h"

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "fokker/core/io/file.h"
#include "fokker/experiments/data/registry.h"

namespace fokker {
namespace {

using Json = nlohmann::json;

Json tensor_json(const Tensor& x) {
  return {{"shape", std::vector<std::int64_t>(x.shape().begin(), x.shape().end())}, {"values", x.to_vector()}};
}

Tensor tensor_from(const Json& json) {
  return Tensor::from(json.at("values").get<std::vector<double>>(),
                      Shape(json.at("shape").get<std::vector<std::int64_t>>()));
}

/// The tokenizer of captions that have these words, the longest of them with `length` − 1 words.
Tokenizer tokenizer_of(std::vector<std::string> words, std::int64_t length) {
  std::string longest;
  for (std::int64_t i = 1; i < length && !words.empty(); ++i) longest += words.front() + " ";
  words.push_back(longest);
  return Tokenizer(words);
}

std::string labels_hash(const Prepared& data) {
  return sha256(sha256(std::as_bytes(std::span(data.training.labels))) +
                sha256(std::as_bytes(std::span(data.held_out.labels))));
}

}  // namespace

DataFacts facts_of(const Prepared& data) {
  const Dataset& training = data.training;
  return {.name = training.name,
          .sha256 = training.sha256,
          .sample_shape = sample_shape(training),
          .scaling = data.scaling,
          .range = data.range,
          .signals = training.signals,
          .classes = training.classes(),
          .labels_sha256 = labels_hash(data),
          .grey = grey_levels(data),
          .tokenizer = data.tokenizer,
          .features = training.features,
          .label_texts = training.label_texts,
          .label_name = training.label_name,
          .held_out_index = data.held_out_index};
}

std::string to_json(const DataFacts& facts) {
  const Shape& shape = facts.sample_shape;
  const Json json = {{"name", facts.name},
                     {"sha256", facts.sha256},
                     {"sample_shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                     {"shift", tensor_json(facts.scaling.shift)},
                     {"scale", tensor_json(facts.scaling.scale)},
                     {"range", {facts.range.low, facts.range.high}},
                     {"signals", facts.signals},
                     {"classes", facts.classes},
                     {"labels_sha256", facts.labels_sha256},
                     {"grey", {{"count", facts.grey.count}, {"first", facts.grey.first}, {"width", facts.grey.width}}},
                     {"words", facts.tokenizer.words()},
                     {"caption_length", facts.tokenizer.length()},
                     {"features", facts.features},
                     {"label_texts", facts.label_texts},
                     {"label_name", facts.label_name},
                     {"held_out_index", facts.held_out_index}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

DataFacts read_facts(std::string_view text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    const Json& grey = json.at("grey");
    return {.name = json.at("name"),
            .sha256 = json.at("sha256"),
            .sample_shape = Shape(json.at("sample_shape").get<std::vector<std::int64_t>>()),
            .scaling = {tensor_from(json.at("shift")), tensor_from(json.at("scale"))},
            .range = {json.at("range").at(0), json.at("range").at(1)},
            .signals = json.at("signals"),
            .classes = json.at("classes"),
            .labels_sha256 = json.at("labels_sha256"),
            .grey = {grey.at("count"), grey.at("first"), grey.at("width")},
            .tokenizer = tokenizer_of(json.at("words"), json.at("caption_length")),
            .features = json.at("features"),
            .label_texts = json.at("label_texts"),
            .label_name = json.at("label_name"),
            .held_out_index = json.at("held_out_index")};
  } catch (const Json::exception& error) {
    throw ConfigError(
        fmt::format("{}: expected what the run keeps of its data: {}; the file is damaged", where, error.what()));
  } catch (const ShapeError& error) {
    throw ConfigError(fmt::format("{}: {}; the file is damaged", where, error.what()));
  }
}

Prepared prepare_again(const DataFacts& facts, const DataConfig& config, std::uint64_t seed) {
  const Dataset all =
      load_dataset(config.source, {.n = config.n, .seed = seed, .allow_missing = config.remove_missing});
  const auto require_same = [&](const char* what, const std::string& expected, const std::string& found) {
    require<ConfigError>(found == expected,
                         "[data] {}: the {} have changed since the run was trained: expected SHA-256 {}, found {}; put "
                         "the old ones back, or train a new run on these",
                         config.source, what, expected, found);
  };
  require_same("data", facts.sha256, all.sha256);
  Prepared data = prepare(all, config, seed);
  require_same("labels", facts.labels_sha256, labels_hash(data));
  const bool same = data.scaling.shift.to_vector() == facts.scaling.shift.to_vector() &&
                    data.scaling.scale.to_vector() == facts.scaling.scale.to_vector() &&
                    data.held_out_index == facts.held_out_index;
  require<ConfigError>(same,
                       "[data] {}: this version of Fokker splits or scales the data in another way than the run was "
                       "trained with; use the version in run.json, or train a new run",
                       config.source);
  return data;
}

struct DataOnDemand::State {
  std::mutex mutex;
  std::function<Prepared()> make;
  std::optional<Prepared> data;
};

DataOnDemand::DataOnDemand(Prepared data) : state_(std::make_shared<State>()) { state_->data = std::move(data); }

DataOnDemand::DataOnDemand(std::function<Prepared()> make) : state_(std::make_shared<State>()) {
  state_->make = std::move(make);
}

const Prepared& DataOnDemand::operator()() const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->data) state_->data = state_->make();
  return *state_->data;
}

}  // namespace fokker
