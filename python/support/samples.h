#pragma once

#include "fokker/python/support/bindings.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker::python {

/// The dictionary from which Python's Samples is made.
inline py::dict to_dict(const Samples& samples) {
  const bool path = samples.trajectory.defined();
  const auto frames = static_cast<std::int64_t>(samples.times.size());
  py::dict result;
  result["values"] = to_numpy(samples.values);
  result["nfe"] = samples.nfe;
  result["seconds"] = samples.seconds;
  result["failures"] = samples.failures;
  result["trajectory"] = path ? to_numpy(samples.trajectory) : py::none();
  result["times"] = path ? to_numpy(Tensor::from(samples.times, {frames}, Dtype::f64)) : py::none();
  return result;
}

}  // namespace fokker::python
