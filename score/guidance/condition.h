#pragma once

#include <functional>
#include <memory>

#include "fokker/core/nn/module.h"
#include "fokker/sde/score.h"

namespace fokker {

/// The network under a condition, which has one row for each row of a batch.
std::shared_ptr<const Network> conditioned(std::shared_ptr<const Network> network, Condition condition);

/// The conditional score ∇ log p_t(x | condition), where `score_of` makes a score of a network.  Sample i is under row
/// i of the condition.  A condition with fewer rows than samples is repeated.
Score conditional_score(std::shared_ptr<const Network> network, Condition condition,
                        std::function<Score(std::shared_ptr<const Network>)> score_of);

/// Throws ConfigError, naming `where`, where the network does not know one of the labels.
void require_labels(const Network& network, const std::vector<std::int64_t>& labels, const char* where);

}  // namespace fokker
