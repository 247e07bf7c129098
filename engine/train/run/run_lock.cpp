#include "engine/train/run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/log.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kFreshSeconds = 600;
constexpr std::chrono::seconds kRefreshPeriod{60};
constexpr int kAttempts = 20;
constexpr std::string_view kTitle = "dinoscope lock";

/// When a process began: the machine's boot and the 22nd field of its stat (proc(5)); empty where it is gone.
std::string startOf(std::int64_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    if (!std::getline(file, text)) return {};
    // The second field, the name in brackets, may hold blanks and brackets.
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    std::string field;
    for (int i = 3; i <= 22; ++i)
        fields >> field;
    if (!fields) return {};
    std::ifstream bootFile("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(bootFile, boot);
    return boot + "/" + field;
}

std::string hostName() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string readAll(int descriptor) {
    std::string text(4096, '\0');
    const ssize_t count = pread(descriptor, text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

/// Whether we wrote it, be it torn. A power cut leaves zeros, or nothing, of a file that was being written.
bool isOurs(const std::string& text) {
    return text.find_first_not_of('\0') == text.npos || text.starts_with(kTitle) || kTitle.starts_with(text);
}

/// Whether the process that a lock names can still write.
bool mayLive(const LockHolder& holder, std::int64_t secondsSinceRefresh) {
    if (holder.host != hostName()) return secondsSinceRefresh < kFreshSeconds;
    return !holder.started.empty() && startOf(holder.process) == holder.started;
}

[[noreturn]] void refuse(const fs::path& path, const std::optional<LockHolder>& holder) {
    const std::string who = holder ? "process " + std::to_string(holder->process) + " on " + holder->host +
                                         " since " + holder->since + " (UTC)"
                                   : std::string("another process");
    const bool elsewhere = holder && holder->host != hostName();
    throw Error("this run is being written by " + who, path.parent_path().string(),
                elsewhere ? "stop it there; if it is gone, wait ten minutes or remove " + path.string()
                          : "stop that one first, or give another folder");
}

std::int64_t secondsSince(const struct stat& status) {
    return static_cast<std::int64_t>(std::time(nullptr)) - static_cast<std::int64_t>(status.st_mtim.tv_sec);
}

/// Whether an open file is still the one of that name.
bool hasName(int descriptor, const fs::path& path) {
    struct stat own {};
    struct stat named {};
    return fstat(descriptor, &own) == 0 && stat(path.c_str(), &named) == 0 && own.st_ino == named.st_ino &&
           own.st_dev == named.st_dev;
}

bool writeAll(int descriptor, const std::string& text) {
    errno = ENOSPC;  // a write that ends early says nothing itself
    return ftruncate(descriptor, 0) == 0 &&
           pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

LockHolder thisProcess() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return {hostName(), getpid(), startOf(getpid()), text};
}

std::string formatLockHolder(const LockHolder& holder) {
    return std::string(kTitle) + "\nhost " + holder.host + "\nprocess " + std::to_string(holder.process) +
           "\nstarted " + holder.started + "\nsince " + holder.since + "\n";
}

std::optional<LockHolder> parseLockHolder(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    if (!std::getline(lines, line) || line != kTitle) return std::nullopt;
    LockHolder holder;
    while (std::getline(lines, line)) {
        const std::size_t blank = line.find(' ');
        const std::string key = line.substr(0, blank);
        const std::string value = blank == line.npos ? std::string() : line.substr(blank + 1);
        if (key == "host") holder.host = value;
        if (key == "started") holder.started = value;
        if (key == "since") holder.since = value;
        if (key == "process") std::from_chars(value.data(), value.data() + value.size(), holder.process);
    }
    if (holder.host.empty() || holder.process <= 0) return std::nullopt;
    return holder;
}

RunLock::RunLock(fs::path file, std::function<Clock::time_point()> now)
    : path_(std::move(file)), now_(std::move(now)), refreshed_(now_()) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (tryOnce()) return;
    }
    throw Error("the lock cannot be taken: others come and go too fast", path_.string(), "try again");
}

/// False where the file was removed by its holder in between. Its name is given up with the lock held, so
/// that whoever locks a file that still has the name is alone.
bool RunLock::tryOnce() {
    const int descriptor = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) throw fileError("be locked", path_, errno);
    const bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    const int code = locked ? 0 : errno;
    const std::string text = readAll(descriptor);
    struct stat own {};
    if (fstat(descriptor, &own) != 0 || !S_ISREG(own.st_mode) || !isOurs(text)) {
        close(descriptor);
        throw Error("this file stands where a run keeps its lock", path_.string(),
                    "move it away, or give another folder");
    }
    const std::optional<LockHolder> holder = parseLockHolder(text);
    const bool isNamed = hasName(descriptor, path_);
    const bool mustWait = !locked && code == EWOULDBLOCK;
    if (isNamed && !mustWait && !(holder && mayLive(*holder, secondsSince(own)))) {
        if (!writeAll(descriptor, formatLockHolder(thisProcess()))) {
            const int writeCode = errno;
            unlink(path_.c_str());
            close(descriptor);
            throw fileError("be locked", path_, writeCode);
        }
        stale_ = holder;
        descriptor_ = descriptor;
        return true;
    }
    close(descriptor);
    if (isNamed) refuse(path_, holder);
    return false;
}

RunLock::~RunLock() {
    // Someone may have removed the file by hand, and another process made its own; or moved the whole run,
    // whose lock must not go on naming this process.
    if (hasName(descriptor_, path_)) {
        unlink(path_.c_str());
    } else if (ftruncate(descriptor_, 0) != 0) {
        log::warn("the lock of " + path_.string() + " still names this process: " + std::strerror(errno));
    }
    close(descriptor_);
}

void RunLock::refresh() {
    futimens(descriptor_, nullptr);
    refreshed_ = now_();
}

void RunLock::keepFresh() {
    if (now_() - refreshed_ >= kRefreshPeriod) refresh();
}

std::optional<LockHolder> lockHolder(const fs::path& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    const std::optional<LockHolder> holder = parseLockHolder(readAll(descriptor));
    struct stat status {};
    const bool lives = fstat(descriptor, &status) == 0 && holder && mayLive(*holder, secondsSince(status));
    close(descriptor);
    return lives ? holder : std::nullopt;
}

void requireUnlocked(const fs::path& file) {
    if (const auto holder = lockHolder(file)) refuse(file, holder);
}

}  // namespace dinoscope
