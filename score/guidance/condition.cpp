#include "fokker/score/guidance/condition.h"

namespace fokker {
namespace {

class Conditioned final : public Network {
 public:
  Conditioned(std::shared_ptr<const Network> network, Condition condition)
      : network_(std::move(network)), condition_(std::move(condition)) {}

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass) const override {
    Pass under = pass;
    under.condition = condition_;
    return (*network_)(x, time, under);
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Conditioned>(*this); }
  /// The parameters are those of the network, which is shared and must not be changed through it.
  void visit(const ParameterVisitor&) override {}
  std::int64_t classes() const override { return network_->classes(); }
  std::int64_t caption_length() const override { return network_->caption_length(); }

 private:
  std::shared_ptr<const Network> network_;
  Condition condition_;
};

}  // namespace

std::shared_ptr<const Network> conditioned(std::shared_ptr<const Network> network, Condition condition) {
  return std::make_shared<Conditioned>(std::move(network), std::move(condition));
}

Score conditional_score(std::shared_ptr<const Network> network, Condition condition,
                        std::function<Score(std::shared_ptr<const Network>)> score_of) {
  if (condition.empty()) return score_of(std::move(network));
  return Score::by_rows([network = std::move(network), condition = std::move(condition),
                         score_of = std::move(score_of)](std::span<const std::int64_t> samples) {
    return score_of(conditioned(network, condition.of(samples)));
  });
}

void require_labels(const Network& network, const std::vector<std::int64_t>& labels, const char* where) {
  if (labels.empty()) return;
  require<ConfigError>(network.classes() > 0,
                       "[{}] the network takes no labels; train one with network.classes above 0", where);
  for (const std::int64_t label : labels)
    require<ConfigError>(label >= 0 && label < network.classes(), "[{}] expected labels from 0 to {}, got {}", where,
                         network.classes() - 1, label);
}

}  // namespace fokker
