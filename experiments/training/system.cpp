#include "fokker/experiments/training/system.h"

#include "fokker/score/guidance/condition.h"

namespace fokker {

std::vector<NamedParameter> System::parameters() const {
  std::vector<NamedParameter> result = network->parameters();
  for (const NamedParameter& p : objective->parameters())
    result.push_back({"objective." + p.name, p.tensor, p.trainable, objective->rate()});
  return result;
}

std::vector<NamedParameter> System::trainable_parameters() const {
  auto result = parameters();
  std::erase_if(result, [](const NamedParameter& p) { return !p.trainable; });
  return result;
}

Score System::score(const Condition& condition) const {
  return conditional_score(network, condition, [objective = objective](std::shared_ptr<const Network> under) {
    return objective->score(std::move(under));
  });
}

System System::with(const NamedTensors& trainable) const {
  const System copy{std::shared_ptr<Network>(static_cast<Network*>(network->clone().release())),
                    std::shared_ptr<Objective>(static_cast<Objective*>(objective->clone().release())), tokenizer};
  const auto parameters = copy.trainable_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) *parameters[i].tensor = trainable[i].second.clone();
  return copy;
}

}  // namespace fokker
