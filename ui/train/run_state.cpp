#include "ui/train/run_state.h"

namespace dinoscope {

namespace {

/// However it ended, nothing of it goes on; a question about it has lost its meaning.
RunState ended(RunState state, RunPhase phase) {
    state.phase = phase;
    state.paused = state.saving = state.asking = false;
    if (phase == RunPhase::Failed) state.closing = false;
    return state;
}

RunState stopping(RunState state) {
    if (state.running()) state.phase = RunPhase::Stopping;
    state.paused = false;
    return state;
}

RunState close(RunState state) {
    if (state.running()) {
        state.asking = true;
    } else {
        state.closing = true;  // at once, or when the checkpoint that is asked for is written
    }
    return state;
}

/// The answer may come after the run has ended. One that failed is to be seen first.
RunState acceptClose(RunState state) {
    if (state.phase == RunPhase::Failed) return state;
    state.asking = false;
    state.closing = true;
    return stopping(state);
}

}  // namespace

RunState afterEvent(const RunState& state, RunEvent event) {
    RunState next = state;
    switch (event) {
        case RunEvent::Start:
            return state.active() ? state : RunState{.phase = RunPhase::Starting};
        case RunEvent::Began:
            if (state.phase == RunPhase::Starting) next.phase = RunPhase::Training;
            return next;
        case RunEvent::AskPause:
            next.paused = state.running();
            return next;
        case RunEvent::AskResume:
            next.paused = false;
            return next;
        case RunEvent::AskStop:
            return stopping(state);
        case RunEvent::SaveBegan:
            next.saving = state.active();
            return next;
        case RunEvent::SaveEnded:
            next.saving = false;
            return next;
        case RunEvent::AskClose:
            return close(state);
        case RunEvent::AcceptClose:
            return acceptClose(state);
        case RunEvent::DeclineClose:
            next.asking = false;
            return next;
        case RunEvent::Finished:
            return state.active() ? ended(state, RunPhase::Completed) : state;
        case RunEvent::Interrupted:
            return state.active() ? ended(state, RunPhase::Stopped) : state;
        case RunEvent::Failure:
            return state.active() ? ended(state, RunPhase::Failed) : state;
    }
    return next;
}

}  // namespace dinoscope
