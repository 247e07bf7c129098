#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/option.h"
#include "engine/data/dataset_file.h"

namespace dinoscope {

/// What the images of a run were when they were scanned.
struct DataRecord {
    std::string path;         ///< absolute; of older programs as given
    std::string fingerprint;  ///< of the list: names and sizes, in order
    std::int64_t images = 0;
    std::int64_t classes = 0;  ///< 0 without class folders

    bool operator==(const DataRecord&) const = default;
};

/// What decides whether two sessions give the same bits.
struct ComputeTerms {
    std::string program;  ///< version of Dinoscope
    std::string torch;
    std::string device;     ///< "cpu", "cuda"
    std::string precision;  ///< as resolved: "fp32", "bf16"
    std::string instructionSet;
    std::int64_t threads = 0;
    std::int64_t processes = 1;  ///< that shared the steps

    bool operator==(const ComputeTerms&) const = default;
};

/// run.toml: all that is to be known of a run besides its numbers. It names no host: a run can be moved.
struct RunRecord {
    /// Of this program. Older ones are read, newer ones refused.
    static constexpr std::int64_t kFormat = 1;

    OptionValues options;
    DataRecord data;
    ComputeTerms terms;   ///< of the last session
    std::string created;  ///< UTC
};

/// Every option but those of the call (--resume, --output, …), in the schema's order.
std::string formatRunRecord(const RunRecord& record);

/// Reads run.toml. Errors name it and the line or key; one of a newer format names both versions.
RunRecord readRunRecord(const std::filesystem::path& file);

/// The recorded options with those changed that `given` names and that may change. Throws Error that lists
/// every other differing key with both values.
OptionValues resumedOptions(const RunRecord& record, const OptionValues& given);

/// What a resume means.
struct ResumePlan {
    OptionValues options;            ///< resumedOptions()
    std::vector<std::string> notes;  ///< what is told to the user, a sentence each
    bool exact = true;               ///< to the last bit, as far as the terms go
};

/// Compares what is given now with the record. `given` holds what was said (command line and preset); what
/// was not said stays as recorded. Throws as resumedOptions(), for images that are not those of the record,
/// and where `changes` took more than half of them or left too few for a step. Fewer epochs than were
/// recorded are refused where `epochsDone` is beyond them.
ResumePlan planResume(const RunRecord& record, const OptionValues& given, const DataRecord& data,
                      const ComputeTerms& terms, std::int64_t epochsDone, const DatasetChanges& changes = {});

}  // namespace dinoscope
