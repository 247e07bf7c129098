#include "engine/scale/process_place.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr int kMostProcesses = 65536;
constexpr int kMostPort = 65535;
constexpr const char* kRemedy =
    "start the processes with torchrun --no-python or srun, or set RANK, WORLD_SIZE, MASTER_ADDR and "
    "MASTER_PORT for each of them; WORLD_SIZE=1 is one that trains by itself";

/// Reads numbers from the environment, and says which variable is wrong.
class Variables {
public:
    explicit Variables(const EnvironmentLookup& lookup) : lookup_(lookup) {}

    std::optional<std::string> text(const std::string& name) const {
        std::optional<std::string> value = lookup_(name);
        return value && !value->empty() ? value : std::nullopt;
    }

    std::string required(const std::string& name, const std::string& because) const {
        if (auto value = text(name)) return *value;
        throw UsageError("it is not set, and " + because, name, kRemedy);
    }

    int number(const std::string& name, const std::string& value, int low, int high) const {
        int found = 0;
        const char* end = value.data() + value.size();
        const auto [stop, code] = std::from_chars(value.data(), end, found);
        if (code == std::errc() && stop == end && found >= low && found <= high) return found;
        throw UsageError(
            "'" + value + "' is not a number from " + std::to_string(low) + " to " + std::to_string(high),
            name, kRemedy);
    }

    std::optional<int> number(const std::string& name, int low, int high) const {
        const auto value = text(name);
        return value ? std::optional<int>(number(name, *value, low, high)) : std::nullopt;
    }

private:
    const EnvironmentLookup& lookup_;
};

ProcessPlace placeByTorchrun(const Variables& variables, int count) {
    const std::string because = "WORLD_SIZE is " + std::to_string(count);
    ProcessPlace place;
    place.count = count;
    place.rank = variables.number("RANK", variables.required("RANK", because), 0, count - 1);
    place.host = variables.required("MASTER_ADDR", because);
    place.port = variables.number("MASTER_PORT", variables.required("MASTER_PORT", because), 1, kMostPort);
    // Set by hand they are often left out: then all are of one machine, or each of its own.
    const bool here = isLoopback(place.host);
    place.localCount = variables.number("LOCAL_WORLD_SIZE", 1, count).value_or(here ? count : 1);
    place.localRank = variables.number("LOCAL_RANK", 0, place.localCount - 1).value_or(here ? place.rank : 0);
    place.launcherServes = variables.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
    place.round = variables.text("TORCHELASTIC_RESTART_COUNT").value_or(place.round);
    return place;
}

/// How many tasks a machine has, of "4(x2),3": 4, 4 and 3.
int tasksOfNode(const std::string& list, int node) {
    const char* at = list.data();
    const char* end = at + list.size();
    while (at < end) {
        int tasks = 0;
        int times = 1;
        at = std::from_chars(at, end, tasks).ptr;
        if (std::string_view(at, end).starts_with("(x")) {
            at = std::from_chars(at + 2, end, times).ptr;
            if (at < end) ++at;
        }
        if (times < 1) break;
        if (node < times) return std::max(1, tasks);
        node -= times;
        if (at == end || *at != ',') break;
        ++at;
    }
    return 1;
}

/// The same for all processes of a step, and another for each of the steps beside it.
int portOfStep(const Variables& variables) {
    constexpr int kFirst = 20000;
    constexpr int kCount = 10000;
    const auto sum = [&](const char* name) {
        std::uint64_t value = 0;
        for (const char digit : variables.text(name).value_or("0"))
            value = value * 10 + static_cast<unsigned char>(digit - '0') % 10U;
        return value;
    };
    return kFirst + static_cast<int>((sum("SLURM_JOB_ID") * 17 + sum("SLURM_STEP_ID")) % kCount);
}

ProcessPlace placeBySlurm(const Variables& variables, int count) {
    const std::string because = "SLURM_STEP_NUM_TASKS is " + std::to_string(count);
    ProcessPlace place;
    place.count = count;
    place.rank = variables.number("SLURM_PROCID", variables.required("SLURM_PROCID", because), 0, count - 1);
    place.localRank = variables.number("SLURM_LOCALID", 0, count - 1).value_or(0);
    const int node = variables.number("SLURM_NODEID", 0, kMostProcesses).value_or(0);
    const int tasks = tasksOfNode(variables.text("SLURM_STEP_TASKS_PER_NODE").value_or("1"), node);
    place.localCount = std::clamp(tasks, place.localRank + 1, count);
    place.cores = variables.number("SLURM_CPUS_PER_TASK", 1, kMostProcesses).value_or(0);
    const auto address = variables.text("MASTER_ADDR");
    place.host = address ? *address : firstHost(variables.required("SLURM_STEP_NODELIST", because));
    place.port = variables.number("MASTER_PORT", 1, kMostPort).value_or(portOfStep(variables));
    return place;
}

}  // namespace

std::optional<std::string> environmentVariable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

ProcessPlace processPlace(const EnvironmentLookup& variable) {
    const Variables variables(variable);
    if (const auto launched = variables.number("WORLD_SIZE", 1, kMostProcesses))
        return *launched > 1 ? placeByTorchrun(variables, *launched) : ProcessPlace{};
    const int tasks = variables.number("SLURM_STEP_NUM_TASKS", 1, kMostProcesses).value_or(1);
    if (tasks > 1) return placeBySlurm(variables, tasks);
    return {};
}

bool isLoopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string firstHost(const std::string& list) {
    std::string host;
    for (std::size_t i = 0; i < list.size() && list[i] != ','; ++i) {
        if (list[i] != '[') {
            host += list[i];
            continue;
        }
        const std::size_t close = std::min(list.find(']', i), list.size());
        const std::size_t end = std::min(list.find_first_of(",-", i), close);
        host += list.substr(i + 1, end - i - 1);
        i = close;
    }
    return host;
}

}  // namespace dinoscope
