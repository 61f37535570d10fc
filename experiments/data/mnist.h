#pragma once

#include <filesystem>
#include <utility>

namespace fokker {

/// Images and labels in a folder of MNIST's IDX files, gzipped or not.  The training part is taken where it is there,
/// else the test part.  Labels may be missing (an empty path).  Throws IoError where the folder has neither part.
std::pair<std::filesystem::path, std::filesystem::path> mnist_files(const std::filesystem::path& folder);

/// The folder of the user's copy of MNIST.  It looks for mnist/ in the folder of the environment variable FOKKER_DATA,
/// then for data/mnist and ../shared/data/mnist below the working directory.  Throws IoError naming the places and the
/// remedies.
std::filesystem::path mnist_folder();

}  // namespace fokker
