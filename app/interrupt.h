#pragma once

#include <atomic>
#include <thread>

#include "engine/api/core.h"

namespace dinoscope::app {

/// Turns Ctrl-C, SIGTERM and, unless it is ignored, SIGHUP into JobControl::cancel(), so that the job ends
/// where it is whole; a second Ctrl-C or SIGTERM, half a second later or more, ends the program at once. Make
/// it before any other thread starts: they inherit the blocked signals.
class InterruptHandler {
public:
    explicit InterruptHandler(JobControl& control);
    ~InterruptHandler();
    InterruptHandler(const InterruptHandler&) = delete;
    InterruptHandler& operator=(const InterruptHandler&) = delete;

private:
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace dinoscope::app
