#include "app/terminal_progress.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace dinoscope::app {

namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kPlainLine{10};
constexpr int kBarCells = 24;

std::string oneDecimal(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), value < 10 ? "%.1f" : "%.0f", value);
    return text;
}

std::string duration(double seconds) {
    const auto whole = static_cast<long>(std::ceil(seconds));
    if (whole < 90) return std::to_string(whole) + " s";
    if (whole < 90 * 60) return std::to_string((whole + 30) / 60) + " min";
    return oneDecimal(static_cast<double>(whole) / 3600) + " h";
}

std::string bar(const Progress& progress) {
    const int filled = progress.total > 0 ? static_cast<int>(kBarCells * progress.done / progress.total) : 0;
    std::string text;
    for (int i = 0; i < kBarCells; ++i)
        text += i < filled ? "━" : "╌";
    return text;
}

}  // namespace

std::string describe(const Progress& progress) {
    if (progress.total == 0) return "starting";
    std::string text =
        std::to_string(progress.done) + " of " + std::to_string(progress.total) + " " + progress.unit;
    if (progress.rate > 0) text += ", " + oneDecimal(progress.rate) + " a second";
    if (progress.secondsLeft) text += ", " + duration(*progress.secondsLeft) + " left";
    if (!progress.status.empty()) text += "; " + progress.status;
    return text;
}

TerminalProgress::TerminalProgress(JobControl& control)
    : control_(control), isTerminal_(isatty(STDERR_FILENO) == 1) {
    control_.setListener([this](const std::string& line) { note(line); });
    thread_ = std::thread([this] { loop(); });
}

TerminalProgress::~TerminalProgress() {
    control_.setListener({});
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    ended_.notify_all();
    thread_.join();
    clear();
}

void TerminalProgress::loop() {
    std::unique_lock lock(mutex_);
    const auto pause =
        isTerminal_ ? std::chrono::milliseconds(kRedraw) : std::chrono::milliseconds(kPlainLine);
    while (!ended_.wait_for(lock, pause, [this] { return stop_; }))
        draw();
}

void TerminalProgress::draw() {
    const Progress progress = control_.progress();
    if (isTerminal_) {
        std::cerr << "\r\033[K" << bar(progress) << "  " << describe(progress) << std::flush;
        drawn_ = true;
    } else {
        std::cerr << describe(progress) << '\n';
    }
}

void TerminalProgress::clear() {
    if (drawn_) std::cerr << "\r\033[K" << std::flush;
    drawn_ = false;
}

void TerminalProgress::note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    clear();
    std::cerr << line << '\n';
}

}  // namespace dinoscope::app
