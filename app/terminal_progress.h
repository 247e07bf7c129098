#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/api/core.h"

namespace dinoscope::app {

/// Shows a job's progress on stderr while it lives: a bar that renews itself on a terminal, a plain line
/// every ten seconds elsewhere. The job's notes are printed as lines above it. Nothing if the job ends within
/// 200 ms.
class TerminalProgress {
public:
    explicit TerminalProgress(JobControl& control);
    ~TerminalProgress();
    TerminalProgress(const TerminalProgress&) = delete;
    TerminalProgress& operator=(const TerminalProgress&) = delete;

private:
    void loop();
    void draw();
    void clear();
    void note(const std::string& line);

    JobControl& control_;
    const bool isTerminal_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool stop_ = false;
    bool drawn_ = false;
    std::thread thread_;
};

/// "12 of 40 images, 3.1 a second, 9 s left", and the status
std::string describe(const Progress& progress);

/// The same on one line of a terminal `columns` wide: with a bar if there is room, else without what is told
/// elsewhere, cut at worst. A line that wrapped could not be renewed.
std::string liveLine(const Progress& progress, int columns);

}  // namespace dinoscope::app
