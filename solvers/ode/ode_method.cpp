#include "fokker/solvers/ode/ode_method.h"

#include <fmt/ranges.h>

#include <boost/numeric/odeint/stepper/adams_bashforth_moulton.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include "fokker/core/base/registry.h"
#include "fokker/solvers/ode/ode.h"

namespace fokker {
namespace detail {
namespace {

namespace odeint = boost::numeric::odeint;
using Fehlberg78Stepper = odeint::runge_kutta_fehlberg78<OdeState>;
static_assert(odeint::is_resizeable<OdeState>::value, "Odeint would leave its temporaries empty");

class Dopri5 final : public OdeStepper {
 public:
  void step(const OdeSystem& system, OdeStep& s) override {
    s.after.resize(s.before.size());
    s.slope_after.resize(s.before.size());
    s.error.resize(s.before.size());
    stepper_.do_step(std::cref(system), s.before, s.slope, s.t, s.after, s.slope_after, s.h, s.error);
  }
  void interpolate(const OdeSystem&, const OdeStep& s, double t, OdeState& x) const override {
    x.resize(s.before.size());
    stepper_.calc_state(t, x, s.before, s.slope, s.t, s.after, s.slope_after, s.t + s.h);
  }

 private:
  odeint::runge_kutta_dopri5<OdeState> stepper_;
};

class Fehlberg78 final : public OdeStepper {
 public:
  void step(const OdeSystem& system, OdeStep& s) override {
    s.after.resize(s.before.size());
    s.error.resize(s.before.size());
    stepper_.do_step(std::cref(system), s.before, s.t, s.after, s.h, s.error);
  }

 private:
  Fehlberg78Stepper stepper_;
};

/// Odeint starts this method by its fourth-order Runge–Kutta unless told otherwise.
class AdamsBashforthMoulton final : public OdeStepper {
 public:
  void step(const OdeSystem& system, OdeStep& s) override {
    s.after.resize(s.before.size());
    stepper_.do_step(std::cref(system), s.before, s.t, s.after, s.h);
  }

 private:
  odeint::adams_bashforth_moulton<4, OdeState, double, OdeState, double, odeint::range_algebra,
                                  odeint::default_operations, odeint::initially_resizer, Fehlberg78Stepper>
      stepper_;
};

using Made = std::unique_ptr<OdeStepper>;

constexpr OdeMethod methods[] = {
    {"dopri5", 4, true, [] { return Made(new Dopri5); }},
    {"fehlberg78", 7, false, [] { return Made(new Fehlberg78); }},
    {"adams_bashforth_moulton", 0, false, [] { return Made(new AdamsBashforthMoulton); }},
};
constexpr Registry table("[ode]", methods);

}  // namespace

void OdeStepper::interpolate(const OdeSystem& system, const OdeStep& s, double t, OdeState& x) const {
  x.resize(s.before.size());
  Fehlberg78Stepper().do_step(std::cref(system), s.before, s.t, x, t - s.t);
}

const OdeMethod& ode_method(const std::string& name) { return table.at(name); }

}  // namespace detail

std::vector<std::string> ode_method_names() { return detail::table.names(); }

}  // namespace fokker
