#include "fokker/sde/registry.h"

#include <fmt/ranges.h>

#include "fokker/core/base/registry.h"
#include "fokker/core/config/config_document.h"
#include "fokker/sde/cosine.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/scheduled.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"

namespace fokker {
namespace {

VPConfig beta_of(const SdeConfig& config) {
  require<ConfigError>(config.beta.size() == 2, "[sde] expected beta = [at t = 0, at t = 1], got {} numbers",
                       config.beta.size());
  return {config.beta[0], config.beta[1]};
}

template <class Config>
Config sigma_of(const SdeConfig& config) {
  if (config.sigma.empty()) return {};
  require<ConfigError>(config.sigma.size() == 2, "[sde] expected sigma = [least, largest], got {} numbers",
                       config.sigma.size());
  return {config.sigma[0], config.sigma[1]};
}

ScheduledSde log_linear(const SdeConfig& config) {
  require<ConfigError>(config.gamma.size() == 2, "[sde] expected gamma = [at t = 0, at t = 1], got {} numbers",
                       config.gamma.size());
  return ScheduledSde::linear(config.gamma[0], config.gamma[1]);
}

using Made = std::unique_ptr<ForwardSde>;

struct SdeEntry {
  const char* name;
  Made (*make)(const SdeConfig&);
  /// Fills in the parameters of an SDE of this kind; false: it is of another kind.
  bool (*fill)(const ForwardSde& sde, SdeConfig& config);
};

void write(const VPConfig& from, SdeConfig& config) { config.beta = {from.beta_min, from.beta_max}; }
void write(const VEConfig& from, SdeConfig& config) { config.sigma = {from.sigma_min, from.sigma_max}; }
void write(const EDMConfig& from, SdeConfig& config) { config.sigma = {from.sigma_min, from.sigma_max}; }

template <class T>
bool fill(const ForwardSde& sde, SdeConfig& config) {
  const auto* own = dynamic_cast<const T*>(&sde);
  if constexpr (requires { own->config(); })
    if (own) write(own->config(), config);
  return own != nullptr;
}

/// A schedule is known by its name; a shifted or learned one has a name that is no kind.
template <>
bool fill<ScheduledSde>(const ForwardSde& sde, SdeConfig& config) {
  const auto* own = dynamic_cast<const ScheduledSde*>(&sde);
  if (!own || own->name() != config.kind) return false;
  if (config.kind == "log_linear") config.gamma = {own->schedule().gamma(0), own->schedule().gamma(1)};
  return true;
}

constexpr SdeEntry entries[] = {
    {"vp", [](const SdeConfig& c) -> Made { return std::make_unique<VP>(beta_of(c)); }, fill<VP>},
    {"sub_vp", [](const SdeConfig& c) -> Made { return std::make_unique<SubVP>(beta_of(c)); }, fill<SubVP>},
    {"ve", [](const SdeConfig& c) -> Made { return std::make_unique<VE>(sigma_of<VEConfig>(c)); }, fill<VE>},
    {"cosine", [](const SdeConfig&) -> Made { return std::make_unique<Cosine>(); }, fill<Cosine>},
    {"edm", [](const SdeConfig& c) -> Made { return std::make_unique<EDM>(sigma_of<EDMConfig>(c)); }, fill<EDM>},
    {"flow", [](const SdeConfig&) -> Made { return std::make_unique<RectifiedFlow>(); }, fill<RectifiedFlow>},
    {"trigonometric_flow", [](const SdeConfig&) -> Made { return std::make_unique<TrigonometricFlow>(); },
     fill<TrigonometricFlow>},
    {"sigmoid", [](const SdeConfig&) -> Made { return std::make_unique<ScheduledSde>(ScheduledSde::sigmoid()); },
     fill<ScheduledSde>},
    {"log_linear", [](const SdeConfig& c) -> Made { return std::make_unique<ScheduledSde>(log_linear(c)); },
     fill<ScheduledSde>},
};
constexpr Registry table("[sde] kind:", entries);

}  // namespace

std::vector<std::string> sde_names() { return table.names(); }

std::unique_ptr<ForwardSde> make_sde(const SdeConfig& config) {
  Made made = table.at(config.kind).make(config);
  if (config.shift == 1) return made;
  return std::make_unique<ScheduledSde>(ScheduledSde::shifted(*made, config.shift));
}

std::optional<SdeConfig> config_of(const ForwardSde& sde) {
  for (const auto& entry : entries)
    if (SdeConfig config{.kind = entry.name}; entry.fill(sde, config)) return config;
  return std::nullopt;
}

void SdeConfig::validate() const { make_sde(*this); }

}  // namespace fokker
