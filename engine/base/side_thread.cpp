#include "engine/base/side_thread.h"

#include <utility>

namespace dinoscope {

SideThread::SideThread(std::function<void()> work, std::function<void()> wanted)
    : wanted_(std::move(wanted)), thread_([this, work = std::move(work)]() mutable {
          awaitTurn();
          std::exchange(work, {})();  // what it held is gone before its end is told
          change(State::Ended);
      }) {}

SideThread::~SideThread() {
    thread_.join();
}

SideThread::State SideThread::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

bool SideThread::wantsTurn() const {
    return state() == State::Waiting;
}

bool SideThread::hasEnded() const {
    return state() == State::Ended;
}

void SideThread::giveTurn() {
    std::unique_lock lock(mutex_);
    state_ = State::Running;
    changed_.notify_all();
    changed_.wait(lock, [this] { return state_ != State::Running; });
}

void SideThread::change(State to) {
    {
        const std::lock_guard lock(mutex_);
        state_ = to;
    }
    changed_.notify_all();
}

void SideThread::awaitTurn() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ == State::Running; });
}

void SideThread::yield() {
    change(State::Waiting);
    awaitTurn();
}

void SideThread::leave() {
    change(State::Away);
}

void SideThread::enter() {
    change(State::Waiting);
    wanted_();
    awaitTurn();
}

}  // namespace dinoscope
