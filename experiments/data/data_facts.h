#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fokker/experiments/data/prepare.h"

namespace fokker {

/// What a run keeps of its data: all that sampling needs, and the hash that shows whether the data have changed.
struct DataFacts {
  std::string name = {};
  std::string sha256 = {};  // hash of the file, or of the values of a toy
  Shape sample_shape = {};
  Scaling scaling = {};
  ValueRange range = {};  // in the units of the data
  bool signals = false;
  std::int64_t classes = 0;        // number of classes of the training data
  std::string labels_sha256 = {};  // labels may come from a file of their own
  GreyLevels grey = {};
  Tokenizer tokenizer = {};
  std::vector<std::string> features = {}, label_texts = {};
  std::string label_name = {};
  std::vector<std::int64_t> held_out_index = {};  // rows of the original data

  bool images() const { return sample_shape.rank() == 3; }
};

/// The facts of prepared data.
DataFacts facts_of(const Prepared& data);

/// Writes facts as JSON and reads them back.  Reading throws ConfigError, naming `where`, for a text that holds no
/// facts.
std::string to_json(const DataFacts& facts);
DataFacts read_facts(std::string_view json, const std::string& where);

/// Loads and prepares the data that the facts describe.  Throws ConfigError, naming the source and both hashes, where
/// they have changed since or would be prepared otherwise.
Prepared prepare_again(const DataFacts& facts, const DataConfig& config, std::uint64_t seed);

/// Prepared data that are made when they are first asked for.  Copies share them.
class DataOnDemand {
 public:
  DataOnDemand() : DataOnDemand(Prepared{}) {}
  DataOnDemand(Prepared data);  // NOLINT(google-explicit-constructor): data at hand are data on demand
  explicit DataOnDemand(std::function<Prepared()> make);

  /// Returns the data.  Throws what making them throws, and tries again at the next call.
  const Prepared& operator()() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fokker
