#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/train/run/doctor.h"
#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_record.h"

namespace dinoscope::api {

/// What can be done with a run, from its folder alone.
struct RunFacts {
    std::filesystem::path folder;
    RunRecord record;
    std::int64_t epochs = 0;  ///< whole ones behind its newest checkpoint
    bool checkpoint = false;
    bool recorded = false;   ///< its metrics.jsonl has a whole epoch, be there a checkpoint or not
    bool finished = false;   ///< as many epochs as --epochs
    std::string writer;      ///< who writes to it now, for people; empty for nobody
    bool ownWriter = false;  ///< and that is this process
};

/// Throws Error for a folder that is no run, or one of a newer program.
RunFacts readRunFacts(const std::filesystem::path& folder);

/// Looks at a run again and again, whoever writes it.
class RunDoctor {
public:
    explicit RunDoctor(std::filesystem::path folder);

    /// As diagnose(), of all that is written by now. Reads what is new. Throws Error where the run cannot be
    /// read.
    std::vector<Diagnosis> look();

private:
    std::filesystem::path folder_;
    MetricsFollower follower_;
    std::vector<StepMetrics> steps_;
    std::vector<Diagnosis> found_;
};

}  // namespace dinoscope::api
