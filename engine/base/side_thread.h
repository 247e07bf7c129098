#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace dinoscope {

/// A thread that takes turns with the one that made it, its owner: of the two, one runs at any time.
class SideThread {
public:
    /// `work` begins with the first turn. `wanted` is called, on the new thread, when enter() asks for a
    /// turn.
    SideThread(std::function<void()> work, std::function<void()> wanted);
    /// The work must have ended.
    ~SideThread();
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

    // For the owner.
    /// It has neither left nor ended.
    bool wantsTurn() const;
    bool hasEnded() const;
    /// Only while it wants one. Returns when the turn comes back.
    void giveTurn();

    // For the work, on its own thread.
    void yield();  ///< gives the turn back, and waits for the next one
    void leave();  ///< gives the turn back, and wants none until enter()
    void enter();  ///< waits for the next one

private:
    enum class State { Waiting, Running, Away, Ended };

    State state() const;
    void change(State to);
    void awaitTurn();

    std::function<void()> wanted_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::Waiting;
    std::thread thread_;  ///< begins when all else is there
};

}  // namespace dinoscope
