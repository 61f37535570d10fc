#pragma once

#include <memory>

#include "fokker/core/base/error.h"
#include "fokker/score/networks/network.h"

namespace fokker::python {

/// A network as Python describes it.  It is built once the shape of a sample is known.
struct NetworkHandle {
  NetworkConfig config = {};
  std::uint64_t seed = 0;
  std::shared_ptr<Network> network = {};
  Shape sample = {};

  /// Throws ShapeError where the network has been built for another shape.
  void build(const Shape& shape) {
    require<ShapeError>(!network || sample == shape, "[network] expected samples {}, for which it was built, got {}",
                        to_string(sample), to_string(shape));
    if (network) return;
    network = make_network(config, shape, Rng(seed, Stream::initialisation));
    sample = shape;
  }
  Network& built() const {
    require<ConfigError>(network != nullptr,
                         "[network] the shape of a sample is not known yet; call build((8, 8, 1)) "
                         "with the shape of one sample, or train it");
    return *network;
  }
};

}  // namespace fokker::python
