#pragma once

#include "fokker/experiments/applications/judges.h"

namespace fokker {

/// What an application works on, in the units of the data; undefined: held-out data of the run.
struct ApplicationInput {
  Tensor x = {};               // [N, …]
  std::string name = "input";  // name of the argument, for messages
  /// The judges of what applications make of a run.  Applications share them where each is given the same.
  std::shared_ptr<Judges> judges = std::make_shared<Judges>();
};

/// Throws ConfigError where the application `name`, which draws its own samples, is given an input.
void require_no_input(const ApplicationInput& input, const char* name);

/// Reads the images of PNG files with the values of the run's data; black is the lower end of the range.  Throws
/// IoError naming the file.  Throws ShapeError for an image of another size or another number of channels.
ApplicationInput read_images(const TrainedRun& run, const std::vector<std::filesystem::path>& files);

}  // namespace fokker
