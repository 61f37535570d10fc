#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fokker::detail {

using OdeState = std::vector<double>;
using OdeSystem = std::function<void(const OdeState& x, OdeState& slope, double t)>;

/// One step from t to t + h: the caller gives `before` and, to methods that keep slopes, `slope`.
struct OdeStep {
  double t, h;
  OdeState before, slope;
  OdeState after, slope_after;
  OdeState error;  // its estimate; empty where the method has none
};

/// Boost.Odeint behind one door.  One object serves states of one size.
class OdeStepper {
 public:
  virtual ~OdeStepper() = default;
  virtual void step(const OdeSystem& system, OdeStep& step) = 0;
  /// x at a time within the step last made.
  virtual void interpolate(const OdeSystem& system, const OdeStep& step, double t, OdeState& x) const;
};

struct OdeMethod {
  const char* name;
  int error_order;  // of the embedded method; 0: no error estimate
  bool slopes;      // takes the slope at the start of a step and gives the one at its end
  std::unique_ptr<OdeStepper> (*make)();
};

std::span<const OdeMethod> ode_methods();
/// Throws ConfigError for an unknown name, with the known ones.
const OdeMethod& ode_method(const std::string& name);

}  // namespace fokker::detail
