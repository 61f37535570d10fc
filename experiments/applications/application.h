#pragma once

namespace fokker {

// What the declaration of an application names: Findings name(const TrainedRun&, const NameConfig&, const ApplicationInput&,
// const RunOptions&).  Declared alone, so that an experiment can hold the configs of applications that work on its run.  A
// config with a member `check(const Model&)` is asked before the run is trained; it throws ConfigError for what cannot work.
struct ApplicationInput;
struct Findings;
struct Model;
struct RunOptions;
struct TrainedRun;

}  // namespace fokker
