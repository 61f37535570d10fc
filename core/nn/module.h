#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/base/tensor.h"
#include "fokker/core/ops/rng.h"

namespace fokker {

/// Receives every parameter of a module under its dotted name ("down_blocks.0.resnets.1.conv1.weight").
class ParameterVisitor {
 public:
  using Visit = std::function<void(const std::string& name, Tensor& parameter, bool trainable)>;
  explicit ParameterVisitor(Visit visit, std::string prefix = {})
      : visit_(std::move(visit)), prefix_(std::move(prefix)) {}

  void operator()(const std::string& name, Tensor& parameter) const { visit_(prefix_ + name, parameter, true); }
  /// Visits a tensor that is stored with the weights, but never trained.
  void fixed(const std::string& name, Tensor& parameter) const { visit_(prefix_ + name, parameter, false); }
  /// Visits any part that has a member `visit(ParameterVisitor)`.
  template <class Part>
  requires requires(Part& part, const ParameterVisitor& v) { part.visit(v); }
  void operator()(const std::string& name, Part& part) const {
    part.visit(ParameterVisitor(visit_, prefix_ + name + "."));
  }
  template <class Part>
  void operator()(const std::string& name, std::vector<Part>& parts) const {
    for (std::size_t i = 0; i < parts.size(); ++i) (*this)(name + "." + std::to_string(i), parts[i]);
  }

 private:
  Visit visit_;
  std::string prefix_;
};

/// A parameter under its dotted name.
struct NamedParameter {
  std::string name;
  Tensor* tensor;
  bool trainable;
  double rate = 1;  // factor of the learning rate
};

/// The conditions on the samples of a batch.  An empty list stands for no condition of that kind.
struct Condition {
  std::vector<std::int64_t> labels = {};  // [B], from 0
  std::vector<std::int64_t> tokens = {};  // [B, length]: captions, each padded with padding_token behind its last word
  std::int64_t length = 0;                // length of a caption in tokens

  bool empty() const { return labels.empty() && tokens.empty(); }
  /// Returns the condition of the samples with these numbers; a condition of fewer samples is repeated.
  Condition of(std::span<const std::int64_t> samples) const;
};

/// The tokens that are no words; words are numbered from 2.  Every caption, also the empty one, begins with the start
/// token, so that attention always has a key.
inline constexpr std::int64_t padding_token = 0, start_token = 1;

/// Everything that a forward pass may depend on beside its inputs.
struct Pass {
  bool training = false;
  Rng rng{0};                     // random numbers of dropout; the step is the optimizer step
  std::int64_t first_sample = 0;  // position of the batch's first row in the whole batch
  Condition condition = {};
};

/// A network: parameters with names, and a forward pass.  Layers inside a network are plain values with `visit`.
class Module {
 public:
  virtual ~Module() = default;
  /// Returns a copy that shares the parameters' memory.
  virtual std::unique_ptr<Module> clone() const = 0;
  virtual void visit(const ParameterVisitor& visitor) = 0;

  std::vector<NamedParameter> parameters();
  std::vector<NamedParameter> trainable_parameters();
  /// Returns the number of trainable numbers.
  std::int64_t parameter_count();
  /// Returns a clone for one worker, whose parameters are leaves with reference counts of their own.
  std::unique_ptr<Module> replica() const;
};

/// Copies values into parameters by name.  Throws ConfigError for a missing or
/// unknown name, and ShapeError for another shape.
void load_parameters(const std::vector<NamedParameter>& parameters,
                     const std::vector<std::pair<std::string, Tensor>>& values);
void load_parameters(Module& module, const std::vector<std::pair<std::string, Tensor>>& values);

/// A score or denoising network, x [B, ...], time label [B] → [B, ...].
class Network : public Module {
 public:
  virtual Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const = 0;
  /// Returns the number of classes: the labels 0, …, classes() − 1 condition the
  /// network or are told apart by it; 0: none.
  virtual std::int64_t classes() const { return 0; }
  /// Returns the number of tokens of a caption that conditions the network; 0: none.
  virtual std::int64_t caption_length() const { return 0; }
};

}  // namespace fokker
