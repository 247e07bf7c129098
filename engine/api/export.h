#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/api/model.h"
#include "engine/base/job.h"
#include "engine/base/option.h"

namespace dinoscope::api {

/// Options of `dino export`: --format, --output, --epoch, --checkpoint-key, --heads-per-layer, --shard-size,
/// --namespace, --precision.
const OptionSchema& exportOptions();

struct ExportReport {
    std::filesystem::path source;  ///< the checkpoint itself, where a run was named
    std::filesystem::path output;  ///< what a reader opens: the index, where there are shards
    std::string format;
    std::int64_t bytes = 0;          ///< of all that was written but the index
    std::vector<std::string> notes;  ///< what the format cannot hold
};

/// Writes a checkpoint, or that of a run, as others load it. "dino": the whole training checkpoint that
/// main_dino.py resumes from, its args as a plain dict; of a backbone alone the same without heads and
/// optimizer. "backbone": the state dict of backbone and classifier in its authors' names. "safetensors": the
/// same in timm's names, with metadata that tells the family and what names and shapes leave open. "replay":
/// what a run shows, without weights (writeReplay).
ExportReport exportWeights(const std::string& source, const OptionValues& options, JobControl& control);

std::string toJson(const ExportReport& report);

}  // namespace dinoscope::api
