#pragma once

#include <chrono>

namespace dinoscope {

/// Times steps: rate, share of waiting for images, seconds that the run was trained over all its sessions.
class StepClock {
public:
    using Clock = std::chrono::steady_clock;

    /// `secondsBefore`: of the sessions before.
    void start(double secondsBefore) {
        before_ = secondsBefore;
        began_ = last_ = Clock::now();
        waited_ = 0;
    }
    void addWait(double seconds) { waited_ += seconds; }
    /// What a person paused is no training.
    void addPause(double seconds) {
        const auto pause =
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        began_ += pause;
        last_ += pause;
    }

    struct Lap {
        double seconds = 0;
        double waitShare = 0;
    };
    /// Since the last lap.
    Lap lap() {
        const auto now = Clock::now();
        Lap found;
        found.seconds = std::chrono::duration<double>(now - last_).count();
        if (found.seconds > 0) found.waitShare = waited_ / found.seconds < 1 ? waited_ / found.seconds : 1;
        last_ = now;
        waited_ = 0;
        return found;
    }
    double total() const { return before_ + std::chrono::duration<double>(Clock::now() - began_).count(); }

private:
    double before_ = 0;
    double waited_ = 0;
    Clock::time_point began_ = Clock::now();
    Clock::time_point last_ = Clock::now();
};

}  // namespace dinoscope
