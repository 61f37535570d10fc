#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fokker {

struct Page {
  std::string title;
  std::string style;  // CSS in front of the page's own
  std::string body;   // HTML
};

/// A whole HTML document, light and dark, without scripts or anything from elsewhere.
std::string page(const Page& page);

/// For data: URLs.
std::string base64(std::span<const std::byte> bytes);

/// What the report of a comparison says of its figures; {0} is the confidence in percent, {1} the number of seeds, {2} the level.
inline constexpr const char* method_text = R"(</dl>
<p><b>Budgets.</b> Evaluations of the score are counted where the score is called, the final denoising included. Each
solver takes the largest number of steps whose count fits the budget; one that chooses its own steps gets the smallest
tolerance that fits, and its mean count is shown.</p>
<p><b>Noise.</b> A seed gives all solvers the same draws of the prior. Steppers of one clock, grid and number of steps see
the same Brownian increments; with same_path = true all solvers driven in one variable see one Brownian path, whatever
their steps.</p>
<p><b>Exact samples.</b> The same figures for samples of the law itself in the place of a solver's: no sampler can be
expected below them. For a trained run they are training data, in the place of samples.</p>
<p><b>Intervals.</b> {0:g} % intervals of the mean over {1} seeds: Student's on the logarithmic scale, or, for figures that
are unbiased and may be negative (energy, mmd), Student's cut at zero. They hold for this score and this number of samples. Where the reference is one fixed set of held-out data, they do not cover the choice of that set.</p>
<p><b>Within noise.</b> A difference counts beyond {3:g} standard deviations of the errors of exact samples. All pairs of solvers
at a budget, and all solvers against exact samples, are compared by paired t-tests over the seeds of what is beyond that, adjusted
together over all budgets by Holm's method: the chance that any statement here is false is at most {2:g}. A solver is within noise
of the least error unless its adjusted p-value is below {2:g}. That is no proof that they are equal: more seeds may tell them
apart.</p>
<p><b>Path.</b> The strong error: the mean distance of samples to the limit that they tend to, from the same draws of the
prior and on one Brownian path for all steps. Which limit that is was found by trial: from 64 to 512 steps the
distance to it falls to less than half, and to a tenth of that between samples. The limit is computed with sixteen times the evaluations of the largest budget, that of the
probability flow with a tolerance of 10⁻⁶. Solvers whose noise is not that of a path tend to none.</p>
<p><b>Time.</b> Of drawing one seed's samples on all workers, the least over the seeds.</p>
)";

}  // namespace fokker
