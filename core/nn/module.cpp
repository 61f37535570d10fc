#include "fokker/core/nn/module.h"

#include <cstring>
#include <map>

namespace fokker {

Condition Condition::of(std::span<const std::int64_t> samples) const {
  Condition result{.labels = {}, .tokens = {}, .length = length};
  for (const std::int64_t i : samples) {
    if (!labels.empty()) result.labels.push_back(labels[static_cast<std::size_t>(i % std::ssize(labels))]);
    if (tokens.empty()) continue;
    const auto caption = tokens.begin() + i % (std::ssize(tokens) / length) * length;
    result.tokens.insert(result.tokens.end(), caption, caption + length);
  }
  return result;
}

std::vector<NamedParameter> Module::parameters() {
  std::vector<NamedParameter> result;
  visit(ParameterVisitor([&](const std::string& name, Tensor& tensor, bool trainable) {
    result.push_back({name, &tensor, trainable});
  }));
  return result;
}

std::vector<NamedParameter> Module::trainable_parameters() {
  auto result = parameters();
  std::erase_if(result, [](const NamedParameter& p) { return !p.trainable; });
  return result;
}

std::int64_t Module::parameter_count() {
  std::int64_t count = 0;
  for (const auto& parameter : trainable_parameters()) count += parameter.tensor->size();
  return count;
}

std::unique_ptr<Module> Module::replica() const {
  auto copy = clone();
  copy->visit(ParameterVisitor([](const std::string&, Tensor& tensor, bool trainable) {
    if (trainable) tensor = tensor.alias_leaf();
  }));
  return copy;
}

void load_parameters(Module& module, const std::vector<std::pair<std::string, Tensor>>& values) {
  load_parameters(module.parameters(), values);
}

void load_parameters(const std::vector<NamedParameter>& parameters,
                     const std::vector<std::pair<std::string, Tensor>>& values) {
  std::map<std::string, Tensor*> by_name;
  for (const auto& parameter : parameters) by_name[parameter.name] = parameter.tensor;
  for (const auto& [name, value] : values) {
    const auto found = by_name.find(name);
    require<ConfigError>(found != by_name.end(), "[load_parameters] the network has no parameter {}", name);
    Tensor& parameter = *found->second;
    require<ShapeError>(parameter.shape() == value.shape() && parameter.dtype() == value.dtype(),
                        "[load_parameters] {}: expected {} {}, got {} {}", name, to_string(parameter.dtype()),
                        parameter.shape(), to_string(value.dtype()), value.shape());
    std::memcpy(parameter.raw(), value.raw(), static_cast<std::size_t>(value.bytes()));
    by_name.erase(found);
  }
  require<ConfigError>(by_name.empty(), "[load_parameters] no value for parameter {}",
                       by_name.empty() ? std::string() : by_name.begin()->first);
}

}  // namespace fokker
