#include "ui/train/train_state.h"

namespace dinoscope {

TrainControls controlsFor(const TrainState& state) {
    const RunState& run = state.run;
    const bool resting = state.shown && !run.active() && !state.elsewhere;
    TrainControls controls;
    controls.start = !run.active() && !state.scanning && state.images && state.valid && state.fits;
    controls.pause = run.running() && !run.paused;
    controls.resume = run.running() && run.paused;
    controls.stop = run.running();
    // It is written between two steps, and there are none in a pause.
    controls.save = run.phase == RunPhase::Training && !run.paused && !run.saving;
    // Of a replay there are steps and no checkpoint: to begin anew would take away what it shows.
    // What is not a number stays so: another run is set up instead, as the doctor says.
    controls.goOn = resting && !state.finished && !state.broken && (state.checkpoint || !state.recorded);
    controls.extend = resting && state.finished && state.checkpoint;
    controls.startFrom = state.shown && state.checkpoint;
    controls.likeThis = state.known;
    controls.explore = state.shown && (state.checkpoint || (state.own && run.phase == RunPhase::Training));
    controls.reveal = state.shown;
    // What has ended is told beside the run on show, if it is another.
    controls.strip = run.active() || (run.phase != RunPhase::Idle && state.driven);
    return controls;
}

}  // namespace dinoscope
