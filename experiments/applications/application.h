#pragma once

namespace fokker {

// The declaration of an application names these types: Findings name(const TrainedRun&, const NameConfig&, const
// ApplicationInput&, const RunOptions&).  They are declared alone, so that an experiment can hold the configs of its
// applications.  A config may have a member `check(const Model&)`, which is called before the run is trained; it throws
// ConfigError for settings that cannot work.
struct ApplicationInput;
struct Findings;
struct Model;
struct RunOptions;
struct TrainedRun;

}  // namespace fokker
