#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/data/scaling.h"
#include "fokker/score/networks/tokenizer.h"

namespace fokker {

/// The table [data] of an experiment: what to load, and how it is prepared.
struct DataConfig {
  std::string source = "digits";
  std::int64_t n = 0;
  std::string split = "auto";
  double held_out = 0.2;
  std::vector<std::int64_t> exclude_classes = {};
  bool stratify = true;
  bool remove_missing = false;
  bool remove_duplicates = false;
  double near_duplicates = 0;
  double remove_outliers = 0;
  std::int64_t thin_class = -1;
  double thin_share = 0.05;
  bool balance = false;
  bool dequantise = false;
  std::string scaling = "auto";
  std::vector<std::string> augment = {};

  static constexpr auto fields = std::tuple{
      field("source", &DataConfig::source,
            "name of the data, which `fokker list datasets` shows, such as \"digits\" or \"idx:PATH\"", nonempty()),
      field("n", &DataConfig::n, "number of samples: points of a toy (0: 10,000) or the first ones of a file (0: all)",
            at_least(0)),
      field("split", &DataConfig::split,
            "way of holding samples out; random: by held_out and stratify; own: as the data say; auto: own where there "
            "is one",
            one_of("auto", "random", "own")),
      field("held_out", &DataConfig::held_out, "share of the samples kept for evaluation", at_least(0), below(1)),
      field("exclude_classes", &DataConfig::exclude_classes,
            "labels whose samples are neither trained on nor held out: the anomalies of `fokker detect`", at_least(0)),
      field("stratify", &DataConfig::stratify, "holds out the same share of every class"),
      field("remove_missing", &DataConfig::remove_missing, "drops samples with values that are not finite"),
      field("remove_duplicates", &DataConfig::remove_duplicates, "drops copies of earlier samples"),
      field("near_duplicates", &DataConfig::near_duplicates,
            "drops samples whose root-mean-square difference to an earlier one is at most this share of the range; 0: "
            "none",
            at_least(0), below(1)),
      field("remove_outliers", &DataConfig::remove_outliers,
            "drops samples this many times farther than the median from their fifth neighbour; 0: none", at_least(0)),
      field("thin_class", &DataConfig::thin_class,
            "label of the class of which few training samples are kept; -1: none", at_least(-1)),
      field("thin_share", &DataConfig::thin_share, "share of the training samples of thin_class that is kept", above(0),
            at_most(1)),
      field("balance", &DataConfig::balance,
            "repeats training samples until every class is as frequent as the largest"),
      field("dequantise", &DataConfig::dequantise, "adds uniform noise in [0, 1) to whole numbers"),
      field("scaling", &DataConfig::scaling,
            "scaling of the values: range (to [-1, 1]), standardise (each feature), standardise_all (with one scale), "
            "none, or auto",
            one_of(scaling_names)),
      field("augment", &DataConfig::augment,
            "changes of each batch: \"flip\", \"shift(PIXELS)\", \"shift(PIXELS, edge)\"")};
};

/// What one step of the preparation did.
struct PreparationReport {
  std::string step;
  std::int64_t before, after;  // number of samples, training and held-out together
  std::string change;          // in words: "3 of 1797 samples repeat an earlier one"
};

/// Data ready for training, in the units of the network, with the way back.
struct Prepared {
  Dataset training = {}, held_out = {};  // x prepared; `range` in prepared units
  Dataset excluded = {};                 // samples of data.exclude_classes, prepared alike
  std::vector<std::int64_t> training_index = {}, held_out_index = {};  // rows of the original data
  std::vector<std::int64_t> excluded_index = {};
  Scaling scaling = {};
  ValueRange range = {};     // range of the original data
  Dataset original = {};     // data as loaded, where they have labels; feature networks are trained on them
  Tokenizer tokenizer = {};  // tokenizer of the training captions
  std::vector<PreparationReport> report = {};
  DataConfig config = {};  // how they were prepared
};

}  // namespace fokker
