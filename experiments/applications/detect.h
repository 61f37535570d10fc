#pragma once

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/metrics/anomaly_scores.h"

namespace fokker {

/// How anomalous samples are to a model of normal data.
///
/// The threshold of config.false_alarm comes from every other held-out sample, and the rate of false alarms is measured on
/// the rest.  Anomalies are the samples of data.exclude_classes: with them there are the ROC curve, its area over all
/// held-out samples, and the share detected.  `input` [N, …], in the units of the data, is scored and flagged.
/// Terms of several levels are set off against each other by training samples alone.
///
/// Figures: threshold, false_alarm (expected, with the interval of the one that this threshold has), false_alarm_measured;
/// auroc, auroc_class_K where several classes are excluded, detected; flagged.  Arrays: scores of held_out, excluded and
/// input; the ROC curve; error maps.  Pictures: the most anomalous and the most normal images over their error maps.
/// Throws ConfigError where the run holds nothing out, or too little for the rate; ShapeError for input of another shape.
Findings detect(const TrainedRun& run, const DetectConfig& config, const ApplicationInput& input,
                const RunOptions& options);

}  // namespace fokker
