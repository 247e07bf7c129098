#pragma once

#include <functional>
#include <optional>
#include <string>

namespace dinoscope {

/// This process among those that train together.
struct ProcessPlace {
    int rank = 0;
    int count = 1;
    int localRank = 0;   ///< among those of this machine
    int localCount = 1;  ///< of this machine
    int cores = 0;       ///< that a batch system gave this process, 0 where it does not say
    // Where they meet.
    std::string host{};
    int port = 0;
    bool launcherServes = false;  ///< the meeting place is the launcher's, torchrun's agent; else process 0's
    std::string round = "0";      ///< of a launcher that starts them anew after a failure
    int listener = -1;            ///< of process 0: a socket that listens there already, or -1

    bool isAlone() const { return count == 1; }
    bool isFirst() const { return rank == 0; }
};

/// A variable of the environment.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> environmentVariable(const std::string& name);

/// As torchrun tells it (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or srun
/// (SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, SLURM_STEP_NODELIST and others; MASTER_ADDR and
/// MASTER_PORT where they are set). Alone where neither does, as in a batch script that no srun started, and
/// where WORLD_SIZE is 1.
/// Throws UsageError that names the variable where one is missing or makes no sense.
ProcessPlace processPlace(const EnvironmentLookup& variable = environmentVariable);

/// Of addresses that no other machine can reach.
bool isLoopback(const std::string& host);

/// The first machine of a list as Slurm writes it: "gpu[003-005,9],login" -> "gpu003".
std::string firstHost(const std::string& list);

}  // namespace dinoscope
