#include "app/interrupt.h"

#include <unistd.h>
#include <csignal>

#include "app/command.h"

namespace dinoscope::app {

namespace {

/// Ends the waiting thread.
constexpr int kStop = SIGUSR2;

sigset_t watchedSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, kStop})
        sigaddset(&set, signal);
    return set;
}

}  // namespace

InterruptHandler::InterruptHandler(JobControl& control) {
    const sigset_t set = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_ = std::thread([&control, set] {
        for (int signal = 0; sigwait(&set, &signal) == 0;) {
            if (signal == kStop) return;
            if (control.isCancelled()) _exit(kInterrupted);
            control.cancel();
        }
    });
}

InterruptHandler::~InterruptHandler() {
    pthread_kill(thread_.native_handle(), kStop);
    thread_.join();
}

}  // namespace dinoscope::app
