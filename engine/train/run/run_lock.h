#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace dinoscope {

/// Who writes to a run.
struct LockHolder {
    std::string host;
    std::int64_t process = 0;
    std::string
        started;  ///< of the process: boot and clock ticks, so that a number used again is not taken for it
    std::string since;  ///< for people, UTC: "2026-11-23 12:40"
};

/// The one right to write to a run folder, as a locked file that names its holder. On one machine the
/// system's lock (flock) decides, which ends with its process whatever becomes of it. Across machines, and
/// where a file system has no locks, what the file says decides: a process of this machine counts while it
/// runs, one of another machine while its lock was refreshed in the last ten minutes.
class RunLock {
public:
    using Clock = std::chrono::steady_clock;

    /// Throws Error that names the holder and what to do, and for a file of that name that is no lock of
    /// ours, which stays as it is. `now` is what keepFresh() goes by.
    explicit RunLock(std::filesystem::path file, std::function<Clock::time_point()> now = Clock::now);
    ~RunLock();  ///< removes the file
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

    /// Shows other machines that the holder lives.
    void refresh();
    /// The same, once a minute however often it is called: between any two pieces of work.
    void keepFresh();

    /// A dead holder whose lock was taken over.
    const std::optional<LockHolder>& stale() const { return stale_; }

private:
    bool tryOnce();

    std::filesystem::path path_;
    std::function<Clock::time_point()> now_;
    Clock::time_point refreshed_;
    std::optional<LockHolder> stale_;
    int descriptor_ = -1;
};

/// Who holds a lock, for those who only look; nothing where nobody does. Never waits.
std::optional<LockHolder> lockHolder(const std::filesystem::path& file);

/// Throws what a RunLock would where somebody holds it. Takes nothing.
void requireUnlocked(const std::filesystem::path& file);

/// This process.
LockHolder thisProcess();

std::string formatLockHolder(const LockHolder& holder);
/// Nothing for what is no lock of ours (an empty or damaged file).
std::optional<LockHolder> parseLockHolder(const std::string& text);

}  // namespace dinoscope
