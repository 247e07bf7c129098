#pragma once

#include "ui/train/run_state.h"

namespace dinoscope {

/// What fills the middle of the workspace.
enum class TrainPage { SetUp, Watch, Learn, Runs };

/// What is there and what goes on.
struct TrainState {
    RunState run;            ///< this window's
    bool scanning = false;   ///< the images are being looked at
    bool images = false;     ///< there are some to learn from
    bool valid = false;      ///< the options belong together
    bool fits = false;       ///< into memory, or the person says to try
    bool shown = false;      ///< a run folder is on show
    bool driven = false;     ///< and it is that of `run`
    bool own = false;        ///< and this window trains it now
    bool known = false;      ///< and what it is made of was read
    bool elsewhere = false;  ///< another process writes to it
    bool checkpoint = false;
    bool recorded = false;  ///< a whole epoch is, with a checkpoint or without
    bool finished = false;  ///< all its epochs are behind it
    bool broken = false;    ///< its last loss is not a number
};

/// Which controls can be used.
struct TrainControls {
    bool start = false;
    bool pause = false;
    bool resume = false;
    bool stop = false;
    bool save = false;
    bool goOn = false;       ///< with a run that was stopped, from its last checkpoint or its very start
    bool extend = false;     ///< a finished run by more epochs
    bool startFrom = false;  ///< another run from its weights
    bool likeThis = false;   ///< another run with its options
    bool explore = false;    ///< its teacher in the other workspaces
    bool reveal = false;
    bool strip = false;  ///< the line that tells how the run goes

    bool operator==(const TrainControls&) const = default;
};

TrainControls controlsFor(const TrainState& state);

}  // namespace dinoscope
