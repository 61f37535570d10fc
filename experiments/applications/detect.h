#pragma once

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/metrics/anomaly_scores.h"

namespace fokker {

/// Measures how anomalous samples are to a model of normal data.
///
/// The threshold of config.false_alarm comes from every other held-out sample, and the rate of false alarms is measured
/// on the rest.  Anomalies are the samples of data.exclude_classes.  They give the ROC curve, its area over all
/// held-out samples, and the share detected.  `input` [N, …], in the units of the data, is scored and flagged.  Only
/// training samples decide how the terms of several levels are weighed against each other.
///
/// Figures: threshold; false_alarm, the expected rate, with the interval of the rate that this threshold has;
/// false_alarm_measured; auroc; auroc_class_K where several classes are excluded; detected; flagged.  Arrays: scores of
/// held_out, excluded and input; the ROC curve; error maps.  Pictures: the most anomalous and the most normal images
/// over their error maps.  Throws ConfigError where the run holds nothing out, or too little for the rate.  Throws
/// ShapeError for input of another shape.
Findings detect(const TrainedRun& run, const DetectConfig& config, const ApplicationInput& input,
                const RunOptions& options);

}  // namespace fokker
