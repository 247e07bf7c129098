#include "app/terminal_progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <optional>

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

int terminalColumns() {
    constexpr int kUsual = 80;
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::string timeLeftAndStatus(const Progress& progress) {
    std::string text;
    if (progress.secondsLeft) text += ", " + duration(*progress.secondsLeft) + " left";
    if (!progress.status.empty()) text += "; " + progress.status;
    return text;
}

std::string counted(const Progress& progress) {
    return std::to_string(progress.done) + " of " + std::to_string(progress.total) + " " + progress.unit;
}

/// The line, which ends with the status, without the last parts of that; empty where none of those that
/// matter most could be left.
std::optional<std::string> withoutLastParts(const std::string& line, const std::string& status,
                                            std::size_t room) {
    constexpr int kParts = 3;
    std::size_t least = line.size() - status.size();
    for (int part = 0; part < kParts && least != std::string::npos; ++part)
        least = line.find(", ", least + 1);
    if (line.size() <= room) return line;
    const std::size_t end = line.rfind(", ", room);
    if (least == std::string::npos || end == std::string::npos || end < least) return std::nullopt;
    return line.substr(0, end);
}

}  // namespace

std::string describe(const Progress& progress) {
    if (progress.total == 0) return progress.status.empty() ? "starting" : progress.status;
    const std::string rate = progress.rate > 0 ? ", " + oneDecimal(progress.rate) + " a second" : "";
    return counted(progress) + rate + timeLeftAndStatus(progress);
}

std::string liveLine(const Progress& progress, int columns) {
    const auto room = static_cast<std::size_t>(std::max(columns - 1, 1));
    const std::string whole = describe(progress);
    if (kBarCells + 2 + whole.size() <= room) return bar(progress) + "  " + whole;
    if (whole.size() <= room || progress.total == 0) return whole.substr(0, room);
    const std::string share = std::to_string(100 * progress.done / progress.total) + " %";
    const std::string rest = timeLeftAndStatus(progress);
    for (const std::string& line : {whole, counted(progress) + rest, share + rest}) {
        if (const auto cut = withoutLastParts(line, progress.status, room)) return *cut;
    }
    return (share + rest).substr(0, room);
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
        std::cerr << "\r\033[K" << liveLine(progress, terminalColumns()) << std::flush;
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
    std::cerr << printable(line, line.size()) << '\n';
}

}  // namespace dinoscope::app
