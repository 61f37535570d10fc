#pragma once

#include "fokker/experiments/trained_run.h"

namespace fokker {

/// What an application works on, in the units of the data; undefined: held-out data of the run.
struct ApplicationInput {
  Tensor x = {};  // [N, …]
};

/// The images of PNG files with the values of the run's data, black its lower end.  Throws IoError naming the file, ShapeError
/// for an image of another size or another number of channels.
ApplicationInput read_images(const TrainedRun& run, const std::vector<std::filesystem::path>& files);

}  // namespace fokker
