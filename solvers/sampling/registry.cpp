#include "fokker/solvers/sampling/registry.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "fokker/core/base/names.h"
#include "fokker/core/base/registry.h"
#include "fokker/solvers/sampling/multistep.h"
#include "fokker/solvers/sampling/singlestep.h"
#include "fokker/solvers/sampling/trajectory.h"

namespace fokker {
namespace {

struct SolverEntry {
  const char* name;
  const char* text;
  SolverDefaults defaults;
  detail::Run run;  // nullptr: a stepper that does not sample
  EtaRule eta = {};
  std::optional<SamplerClaims> sampler = {};
};

template <detail::MultistepMethod method>
Tensor multistep(const detail::Shard& shard, Tensor x) {
  return detail::run_multistep(shard, std::move(x), method);
}
template <detail::SinglestepMethod method>
Tensor singlestep(const detail::Shard& shard, Tensor x) {
  return detail::run_singlestep(shard, std::move(x), method);
}
template <int order>
Tensor er_sde(const detail::Shard& shard, Tensor x) {
  return detail::run_er_sde(shard, std::move(x), order);
}

constexpr EtaRule flow{0, false};     // the probability flow alone
constexpr EtaRule reverse{1, false};  // noise of its own kind
constexpr EtaRule zero_or_given{0, true};

constexpr SolverDefaults in_time{"uniform"};        // [ho2020, song2021, song2021ddim]
constexpr SolverDefaults in_snr{"log_snr", "snr"};  // unit additive noise, which these steppers are made for
constexpr SolverDefaults by_lambda{"log_snr"};      // [lu2022, lu2022pp, zhao2023]
constexpr SolverDefaults open_end{"log_snr", "t", false};
constexpr SolverDefaults quadratic{"quadratic", "t", false};  // [zhang2023]
constexpr SolverDefaults by_noise{"karras"};                  // [karras2022] and what follows its code

constexpr SolverEntry entries[] = {
    {"euler_maruyama", "Euler-Maruyama on the reverse SDE; in the clock \"snr\" it is ancestral sampling", in_time,
     detail::run_steps},
    {"stochastic_heun", "stochastic Heun on the reverse SDE", in_snr, detail::run_steps},
    {"euler_heun", "Euler-Heun on the reverse SDE", in_time, detail::run_steps},
    {"reversible_heun", "reversible Heun on the reverse SDE, with one evaluation a step and a second solution", in_snr,
     detail::run_steps},
    {"milstein", "Milstein; on a reverse SDE, whose noise is additive, it is Euler-Maruyama", in_time,
     detail::run_steps},
    {"milstein_free", "Milstein without derivatives", in_time, detail::run_steps},
    {"sra1", "Roessler's SRA1 on the reverse SDE", in_snr, detail::run_steps},
    {"sra2", "Roessler's SRA2 on the reverse SDE", in_snr, detail::run_steps},
    {"sra3", "Roessler's SRA3 on the reverse SDE", in_snr, detail::run_steps},
    {"sosra", "the stability-optimised SOSRA on the reverse SDE", in_snr, detail::run_steps},
    {"shark", "Foster's ShARK on the reverse SDE", in_snr, detail::run_steps},
    {"sea", "shifted Euler on the reverse SDE", in_snr, detail::run_steps},
    {"sriw1", "Roessler's SRIW1, for diagonal noise", in_snr, detail::run_steps},
    {"sriw2", "Roessler's SRIW2, for diagonal noise", in_snr, detail::run_steps},
    {"sosri",
     "the stability-optimised SOSRI, for diagonal noise; it evaluates outside of the step, so it draws no samples",
     in_time, nullptr},
    {"dri1", "DRI1, of weak order 2 for general noise", in_snr, detail::run_steps},
    {"implicit_euler", "drift-implicit Euler-Maruyama for stiff drift; the drift must be written in ops", in_time,
     detail::run_steps},
    {"skrock", "SK-ROCK, explicit and stable for stiff drift, with 5 evaluations a step", in_snr, detail::run_steps},
    {"ancestral", "DDPM's ancestral sampling with the posterior's variance", in_time, detail::run_ddim, reverse,
     SamplerClaims{0, 1, 1, 1}},
    {"ancestral_large", "DDPM's ancestral sampling with the variance of the forward step", in_time,
     detail::run_ancestral_large, reverse, SamplerClaims{0, 1, 1, 1}},
    {"ddim", "DDIM; eta is from 0, the default, to 1", in_time, detail::run_ddim, zero_or_given,
     SamplerClaims{1, 1, 1, 1}},
    {"exponential_euler",
     "exponential Euler on the reverse SDE; eta = 1 is ancestral sampling, eta = 0 DDIM and DPM-Solver-1",
     by_lambda,
     multistep<detail::exponential_euler>,
     {},
     SamplerClaims{1, 1, 1, 1}},
    {"dpm_solver_2", "DPM-Solver-2, singlestep", open_end, singlestep<detail::dpm_solver_2>, flow,
     SamplerClaims{2, 0, 0, 2}},
    {"dpm_solver_3", "DPM-Solver-3, singlestep", open_end, singlestep<detail::dpm_solver_3>, flow,
     SamplerClaims{3, 0, 0, 3}},
    {"dpmpp_2s", "DPM-Solver++(2S)", by_lambda, singlestep<detail::dpmpp_2s>, flow, SamplerClaims{2, 0, 0, 2}},
    {"dpmpp_3s", "DPM-Solver++(3S)", by_lambda, singlestep<detail::dpmpp_3s>, flow, SamplerClaims{3, 0, 0, 3}},
    {"dpmpp_2m", "DPM-Solver++(2M)", by_lambda, multistep<detail::dpmpp_2m>, flow, SamplerClaims{2, 0, 0, 1}},
    {"dpmpp_3m", "DPM-Solver++(3M) with the parabola integrated exactly", by_lambda, multistep<detail::dpmpp_3m>, flow,
     SamplerClaims{3, 0, 0, 1}},
    {"dpmpp_2s_sde",
     "DPM-Solver++ SDE with both stages on one Brownian path",
     by_lambda,
     singlestep<detail::dpmpp_2s>,
     {},
     SamplerClaims{2, 1, 2, 2}},
    {"dpmpp_2m_sde", "SDE-DPM-Solver++(2M)", by_lambda, multistep<detail::dpmpp_2m>, {}, SamplerClaims{2, 1, 2, 1}},
    {"dpmpp_3m_sde",
     "SDE-DPM-Solver++(3M) with the parabola integrated exactly",
     by_lambda,
     multistep<detail::dpmpp_3m>,
     {},
     SamplerClaims{3, 1, 2, 1}},
    {"deis_2", "DEIS with lines in log sigma", quadratic, multistep<detail::deis_2>, flow, SamplerClaims{2, 0, 0, 1}},
    {"deis_3", "DEIS with parabolas in log sigma", quadratic, multistep<detail::deis_3>, flow,
     SamplerClaims{3, 0, 0, 1}},
    {"unipc_bh1", "UniPC-2 with B(h) = h", by_lambda, multistep<detail::unipc_bh1>, flow, SamplerClaims{3, 0, 0, 1}},
    {"unipc_bh2", "UniPC-2 with B(h) = e^h - 1", by_lambda, multistep<detail::unipc_bh2>, flow,
     SamplerClaims{3, 0, 0, 1}},
    {"unipc_3", "UniPC-3", by_lambda, multistep<detail::unipc_3>, flow, SamplerClaims{4, 0, 0, 1}},
    {"sa_solver",
     "SA-Solver with a predictor of three points and a corrector of four; eta is tau of the paper",
     by_lambda,
     multistep<detail::sa_solver>,
     {},
     SamplerClaims{4, 1, 2, 1}},
    {"sa_solver_2",
     "SA-Solver with two points",
     by_lambda,
     multistep<detail::sa_solver_2>,
     {},
     SamplerClaims{2, 1, 2, 1}},
    {"er_sde_1", "ER-SDE-Solver-1", by_lambda, er_sde<1>, reverse, SamplerClaims{0, 1, 1, 1}},
    {"er_sde_2", "ER-SDE-Solver-2", by_lambda, er_sde<2>, reverse, SamplerClaims{0, 1, 2, 1}},
    {"er_sde_3", "ER-SDE-Solver-3", by_lambda, er_sde<3>, reverse, SamplerClaims{0, 1, 2, 1}},
    {"seeds_2",
     "SEEDS-2 with both stages on one Brownian path",
     by_noise,
     singlestep<detail::dpm_solver_2>,
     {},
     SamplerClaims{2, 1, 2, 2}},
    {"edm_heun", "EDM's Heun in sigma, with churn", by_noise, detail::run_edm_heun, flow, SamplerClaims{2, 0, 0, 2}},
    {"restart", "EDM's Heun, which goes through an interval of noise again", by_noise, detail::run_restart, flow},
    {"repaint", "ancestral sampling that takes its steps several times: RePaint's resampling", in_time,
     detail::run_repaint, reverse},
    {"heun", "Heun on the probability-flow ODE", SolverDefaults{"log_snr", "log_snr"}, detail::run_heun, flow},
    {"probability_flow", "Dormand-Prince 5(4) on the probability-flow ODE; each sample has its own steps", in_time,
     detail::run_probability_flow, flow},
    {"gotta_go_fast", "Heun with an embedded Euler-Maruyama on the reverse SDE; each sample has its own steps", in_time,
     detail::run_gotta_go_fast},
    {"predictor_corrector", "Euler-Maruyama with Langevin steps after each step", in_time,
     detail::run_predictor_corrector},
    {"annealed_langevin", "Langevin steps at falling noise levels", by_lambda, detail::run_annealed_langevin, reverse},
};

const SolverEntry& find(const std::string& name) {
  if (const SolverEntry* entry = Registry("[solver]", entries).find(name)) return *entry;
  throw ConfigError("[solver] " + unknown_name(name, solver_names()));
}

}  // namespace

std::vector<std::string> solver_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries)
    if (entry.run) names.emplace_back(entry.name);
  return names;
}

void require_stepper(const std::string& name) {
  find(name);
  const auto steppers = stepper_names();
  require<ConfigError>(std::ranges::count(steppers, name) > 0,
                       "[solver] {} is no stepper of a general SDE; steppers: {}", name, fmt::join(steppers, ", "));
}

std::vector<SolverSummary> solver_summaries() {
  const auto steppers = stepper_names();
  std::vector<SolverSummary> rows;
  for (const auto& entry : entries) {
    rows.push_back({entry.name, entry.text, entry.defaults, {}, entry.sampler});
    if (std::ranges::count(steppers, entry.name) > 0) rows.back().claims = make_solver(entry.name)->claims();
  }
  return rows;
}

EtaRule eta_of(const std::string& solver) { return find(solver).eta; }

SolverDefaults defaults_of(const std::string& solver) { return find(solver).defaults; }

namespace detail {

Run sampler_run(const std::string& name) {
  const SolverEntry& entry = find(name);
  require<ConfigError>(entry.run != nullptr, "[solver] {} solves SDEs but draws no samples; take one of {}", name,
                       fmt::join(solver_names(), ", "));
  return entry.run;
}

}  // namespace detail
}  // namespace fokker
