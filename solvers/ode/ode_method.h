#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fokker::detail {

using OdeState = std::vector<double>;
using OdeSystem = std::function<void(const OdeState& x, OdeState& slope, double t)>;

/// One step from t to t + h.  The caller gives `before`, and `slope` to methods that keep slopes.
struct OdeStep {
  double t, h;
  OdeState before, slope;
  OdeState after, slope_after;
  OdeState error;  // estimate of the error; empty where the method has none
};

/// A method of Boost.Odeint.  One object serves states of one size.
class OdeStepper {
 public:
  virtual ~OdeStepper() = default;
  virtual void step(const OdeSystem& system, OdeStep& step) = 0;
  /// Finds x at a time within the step last made.
  virtual void interpolate(const OdeSystem& system, const OdeStep& step, double t, OdeState& x) const;
};

/// One row of the table of methods.
struct OdeMethod {
  const char* name;
  int error_order;  // order of the embedded method; 0: no error estimate
  bool slopes;      // whether it takes the slope at the start of a step and gives the one at the end
  std::unique_ptr<OdeStepper> (*make)();
};

std::span<const OdeMethod> ode_methods();
/// Throws ConfigError, which names the known methods, for an unknown name.
const OdeMethod& ode_method(const std::string& name);

}  // namespace fokker::detail
