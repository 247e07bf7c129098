#include "app/interrupt.h"

#include <unistd.h>

#include <chrono>
#include <csignal>

#include "app/command.h"

namespace dinoscope::app {

namespace {

/// Wakes the waiting thread so that it can end.
constexpr int kStop = SIGUSR2;

/// timeout(1) and batch systems signal the process and its group, so that one interruption arrives twice.
constexpr std::chrono::milliseconds kOneInterruption{500};

/// nohup's way to let a program outlive its terminal.
bool isIgnored(int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watchedSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, kStop})
        sigaddset(&set, signal);
    // A terminal that is closed, or a connection that is lost.
    if (!isIgnored(SIGHUP)) sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

InterruptHandler::InterruptHandler(JobControl& control) {
    const sigset_t set = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_ = std::thread([this, &control, set] {
        std::chrono::steady_clock::time_point first;
        for (int signal = 0; sigwait(&set, &signal) == 0;) {
            if (ending_) return;
            if (signal == kStop) continue;  // sent by somebody else
            const auto now = std::chrono::steady_clock::now();
            if (!control.isCancelled()) {
                first = now;
                control.cancel();
            } else if (signal != SIGHUP && now - first > kOneInterruption) {
                _exit(kInterrupted);
            }
        }
    });
}

InterruptHandler::~InterruptHandler() {
    ending_ = true;
    pthread_kill(thread_.native_handle(), kStop);
    thread_.join();
}

}  // namespace dinoscope::app
