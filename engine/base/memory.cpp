#include "engine/base/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace dinoscope {

namespace {

constexpr std::int64_t kKilobyte = 1024;

/// A line "KEY: 123 kB" of a file of /proc, in bytes.
std::int64_t kilobytesOf(const char* file, const std::string& key) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(key + ":", 0) == 0) return std::atoll(line.c_str() + key.size() + 1) * kKilobyte;
    }
    return 0;
}

/// What `ulimit -v` leaves to this process; no bound where it is not set.
std::int64_t addressSpaceLeft() {
    rlimit limit{};
    std::int64_t pages = 0;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return INT64_MAX;
    if (!(std::ifstream("/proc/self/statm") >> pages)) return INT64_MAX;
    return std::max<std::int64_t>(1, std::int64_t(limit.rlim_cur) - pages * sysconf(_SC_PAGESIZE));
}

}  // namespace

std::int64_t availableMemory() {
    std::int64_t available = kilobytesOf("/proc/meminfo", "MemAvailable");
    if (available == 0) available = std::int64_t(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    std::ifstream limitFile("/sys/fs/cgroup/memory.max");
    std::ifstream usedFile("/sys/fs/cgroup/memory.current");
    std::ifstream detailFile("/sys/fs/cgroup/memory.stat");
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t cached = 0;  // counts as used, but gives way
    std::string key;
    for (std::int64_t value = 0; detailFile >> key >> value;) {
        if (key == "inactive_file") cached = value;
    }
    if (limitFile >> limit && usedFile >> used) available = std::min(available, limit - used + cached);
    return std::min(available, addressSpaceLeft());
}

std::int64_t residentMemory() {
    return kilobytesOf("/proc/self/status", "VmRSS");
}

std::int64_t peakResidentMemory() {
    return kilobytesOf("/proc/self/status", "VmHWM");
}

}  // namespace dinoscope
