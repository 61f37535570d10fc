#pragma once

namespace fokker {

// What the declaration of an application names: Findings name(const TrainedRun&, const NameConfig&, const ApplicationInput&,
// const RunOptions&).  Declared alone, so that an experiment can hold the configs of applications that work on its run.
struct ApplicationInput;
struct Findings;
struct RunOptions;
struct TrainedRun;

}  // namespace fokker
