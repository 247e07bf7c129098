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

/// Names of a cgroup's files in the two versions.
struct CgroupNames {
    const char* limit;
    const char* used;
    const char* cache;  ///< in memory.stat: counts as used, but gives way
};

constexpr CgroupNames kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr CgroupNames kVersion2{"memory.max", "memory.current", "inactive_file"};

/// Of one cgroup alone. A limit of "max" is none.
std::int64_t leftIn(const std::filesystem::path& group, const CgroupNames& names) {
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::ifstream limitFile(group / names.limit);
    std::ifstream usedFile(group / names.used);
    if (!(limitFile >> limit) || !(usedFile >> used)) return INT64_MAX;
    std::ifstream statistics(group / "memory.stat");
    std::int64_t cached = 0;
    std::string key;
    for (std::int64_t value = 0; statistics >> key >> value;) {
        if (key == names.cache) cached = value;
    }
    return std::max<std::int64_t>(0, limit - used + cached);
}

/// Of the cgroup `path` below `mount` and of all around it: each can be the narrowest. In a container the
/// path may be that of the host; what is not there has no limit.
std::int64_t leftAlong(const std::filesystem::path& mount, const std::filesystem::path& path,
                       const CgroupNames& names) {
    std::int64_t left = leftIn(mount, names);
    std::filesystem::path group = mount;
    for (const std::filesystem::path& part : path.relative_path()) {
        group /= part;
        left = std::min(left, leftIn(group, names));
    }
    return left;
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
    return std::min({available, cgroupMemoryLeft(), addressSpaceLeft()});
}

std::int64_t cgroupMemoryLeft(const std::filesystem::path& root) {
    const std::filesystem::path mount = root / "sys/fs/cgroup";
    std::int64_t left = INT64_MAX;
    std::ifstream groups(root / "proc/self/cgroup");
    // "4:memory:/a/b" in version 1, "0::/a/b" in version 2.
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first == std::string::npos ? first : first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        if (controllers == ",,") left = std::min(left, leftAlong(mount, path, kVersion2));
        if (controllers.find(",memory,") != std::string::npos)
            left = std::min(left, leftAlong(mount / "memory", path, kVersion1));
    }
    return left;
}

std::int64_t residentMemory() {
    return kilobytesOf("/proc/self/status", "VmRSS");
}

std::int64_t peakResidentMemory() {
    return kilobytesOf("/proc/self/status", "VmHWM");
}

}  // namespace dinoscope
