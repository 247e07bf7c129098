#pragma once

namespace dinoscope {

/// Where the run of this window is.
enum class RunPhase {
    Idle,      ///< there was none yet
    Starting,  ///< images and weights are read
    Training,
    Stopping,   ///< asked to, and a checkpoint is to be written first
    Completed,  ///< all epochs are behind it
    Stopped,    ///< by the person; its checkpoint is whole
    Failed      ///< with a sentence; the last checkpoint is whole
};

/// What can happen to it. Those that ask come from the person, the others from the thread that trains.
enum class RunEvent {
    Start,
    Began,
    AskPause,
    AskResume,
    AskStop,
    SaveBegan,
    SaveEnded,
    AskClose,      ///< of the window
    AcceptClose,   ///< stop, save and close
    DeclineClose,  ///< go on training
    Finished,
    Interrupted,
    Failure
};

/// The run as the window knows it.
struct RunState {
    RunPhase phase = RunPhase::Idle;
    bool paused = false;
    bool saving = false;   ///< a checkpoint is being written
    bool asking = false;   ///< whether to close the window: the question is open
    bool closing = false;  ///< the window closes as soon as nothing is active

    bool active() const {
        return phase == RunPhase::Starting || phase == RunPhase::Training || phase == RunPhase::Stopping;
    }
    /// It can be paused and stopped.
    bool running() const { return phase == RunPhase::Starting || phase == RunPhase::Training; }
    bool operator==(const RunState&) const = default;
};

/// All there is to say about what follows what: an event that means nothing where the run is changes nothing.
/// A failure is never taken for an end, and keeps a window open that was about to close.
RunState afterEvent(const RunState& state, RunEvent event);

}  // namespace dinoscope
