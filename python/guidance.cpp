// Scores under a condition, and what is made of them.

#include "fokker/score/guidance/guidance.h"

#include "fokker/python/support/bindings.h"
#include "fokker/python/support/system.h"
#include "fokker/score/guidance/condition.h"

namespace fokker::python {
namespace {

ScoreArgument like(const ScoreArgument& a, const ScoreArgument& b, Score score) {
  References references = a.references;
  references.insert(references.end(), b.references.begin(), b.references.end());
  return {.score = std::move(score), .sample = a.sample ? a.sample : b.sample, .references = std::move(references)};
}

}  // namespace

void bind_guidance(py::module_& m) {
  py::class_<SystemHandle>(m, "System", "A network and the objective that trained it.")
      .def(
          "score",
          [](const SystemHandle& self, const std::vector<std::int64_t>& labels) {
            require_labels(*self.system.network, labels, "labels");
            return ScoreArgument{.score = of_network(self.system.score({.labels = labels})), .sample = self.sample};
          },
          py::arg("labels") = std::vector<std::int64_t>{},
          "The score ∇ log p_t under a label for each sample; labels repeat after the last.  Without labels it is "
          "unconditional.");
  m.def(
      "guide",
      [](const py::object& conditional, const py::object& other, const ForwardSde& sde, double strength,
         const std::array<double, 2>& interval, double rescale) {
        const ScoreArgument a = to_score(conditional), b = to_score(other);
        return like(a, b, guide(a.score, b.score, sde, {strength, interval, rescale}));
      },
      py::arg("conditional"), py::arg("other"), py::arg("sde"), py::arg("strength"),
      py::arg("interval") = Guidance{}.interval, py::arg("rescale") = 0.0,
      "The score other + strength (conditional − other): classifier-free guidance, negative prompts, autoguidance.  "
      "interval: noise levels σ/α at which guidance acts.  rescale: share of the result that gets the unguided "
      "deviation back.");
  m.def(
      "guide_by_classifier",
      [](const py::object& score, const py::object& log_likelihood, const ForwardSde& sde, double strength,
         const std::array<double, 2>& interval) {
        const ScoreArgument a = to_score(score), b = to_score(log_likelihood);
        return like(a, b, guide_by_classifier(a.score, b.score, sde, {strength, interval}));
      },
      py::arg("score"), py::arg("log_likelihood"), py::arg("sde"), py::arg("strength") = 1.0,
      py::arg("interval") = Guidance{}.interval,
      "The score + strength ∇ log p(y | x_t); log_likelihood(x, t) returns that gradient.");
  m.def(
      "threshold",
      [](const py::object& score, const ForwardSde& sde, double share, double bound) {
        ScoreArgument a = to_score(score);
        a.score = threshold(a.score, sde, share, bound);
        return a;
      },
      py::arg("score"), py::arg("sde"), py::arg("share") = 0.995, py::arg("bound") = 1.0,
      "Dynamic thresholding: the denoised sample is clamped to its quantile `share` and scaled to the bound.");
}

}  // namespace fokker::python
