#pragma once

#include <filesystem>
#include <string>

#include "engine/api/model.h"
#include "engine/base/job.h"
#include "engine/base/option.h"

namespace dinoscope::api {

/// Options of `dino export`: --format, --output, --epoch, --checkpoint-key, --precision.
const OptionSchema& exportOptions();

struct ExportReport {
    std::filesystem::path source;  ///< the checkpoint itself, where a run was named
    std::filesystem::path output;
    std::string format;
    std::int64_t bytes = 0;
};

/// Writes a checkpoint, or that of a run, as others load it: "dino" is the whole training checkpoint that
/// main_dino.py resumes from, "backbone" the state dict alone, "safetensors" the same in that format.
ExportReport exportWeights(const std::string& source, const OptionValues& options, JobControl& control);

std::string toJson(const ExportReport& report);

/// The file that -w means: of a run directory its newest checkpoint, or the one at the end of `epoch` (from
/// 1; 0 for the newest). Anything else as it is.
std::string resolveWeights(const std::string& weights, std::int64_t epoch = 0);

}  // namespace dinoscope::api
