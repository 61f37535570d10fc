#include "fokker/core/base/registry.h"
#include "fokker/solvers/steppers/dri1.h"
#include "fokker/solvers/steppers/euler_maruyama.h"
#include "fokker/solvers/steppers/heun.h"
#include "fokker/solvers/steppers/implicit.h"
#include "fokker/solvers/steppers/milstein.h"
#include "fokker/solvers/steppers/reversible_heun.h"
#include "fokker/solvers/steppers/skrock.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/steppers/sra.h"
#include "fokker/solvers/steppers/sri.h"

namespace fokker {
namespace {

using Made = std::unique_ptr<Solver>;

struct StepperEntry {
  const char* name;
  Made (*make)();
};

constexpr StepperEntry entries[] = {
    {"euler_maruyama", [] { return Made(new EulerMaruyama); }},
    {"stochastic_heun", [] { return Made(new StochasticHeun); }},
    {"euler_heun", [] { return Made(new EulerHeun); }},
    {"reversible_heun", [] { return Made(new ReversibleHeun); }},
    {"milstein", [] { return Made(new Milstein(Milstein::Derivative::autodiff)); }},
    {"milstein_free", [] { return Made(new Milstein(Milstein::Derivative::free)); }},
    {"sra1", [] { return Made(new Sra<2>("sra1", sra1)); }},
    {"sra2", [] { return Made(new Sra<2>("sra2", sra2)); }},
    {"sra3", [] { return Made(new Sra<3>("sra3", sra3)); }},
    {"sosra", [] { return Made(new Sra<3>("sosra", sosra)); }},
    {"shark", [] { return Made(new Shark); }},
    {"sea", [] { return Made(new Sea); }},
    {"sriw1", [] { return Made(new Sri("sriw1", sriw1, 2)); }},
    {"sriw2", [] { return Made(new Sri("sriw2", sriw2, 1.5)); }},
    {"sosri", [] { return Made(new Sri("sosri", sosri, 1.5)); }},
    {"dri1", [] { return Made(new Dri1); }},
    {"implicit_euler", [] { return Made(new ImplicitEuler); }},
    {"skrock", [] { return Made(new SkRock); }},
};
constexpr Registry table("[solver]", entries);

}  // namespace

std::vector<std::string> stepper_names() { return table.names(); }

std::unique_ptr<Solver> make_solver(const std::string& name) { return table.at(name).make(); }

}  // namespace fokker
