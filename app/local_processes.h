#pragma once

#include <sys/types.h>

#include <vector>

#include "engine/api/processes.h"

namespace dinoscope::app {

/// Copies of this program on this machine, with the same words, that train together with it: what a launcher
/// does, for one machine.
class LocalProcesses {
public:
    /// Starts all but the first, which is this one. Throws Error where one cannot be started.
    explicit LocalProcesses(int count);
    /// Waits for them. They end with this one; after a failure they are told to, and ended where they do not.
    ~LocalProcesses();
    LocalProcesses(const LocalProcesses&) = delete;
    LocalProcesses& operator=(const LocalProcesses&) = delete;

    /// This one's.
    const ProcessPlace& place() const { return place_; }

private:
    void listen();
    void start(int rank);
    void end(bool failed);

    ProcessPlace place_;
    std::vector<pid_t> others_;
    int failing_;  ///< exceptions under way when it was made
};

}  // namespace dinoscope::app
