#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/train/run/preset.h"
#include "engine/train/run/run_record.h"
#include "engine/train/run/toml_options.h"
#include "engine/train/run/train_options.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scratch_folder.h"

namespace dinoscope::fuzz {

/// run.toml: what is read is written and read alike, and to resume the run without a word is to go on with
/// it.
inline void runRecord(std::string_view text) {
    static const ScratchFolder folder;
    const std::optional<RunRecord> record = readOrRefuse(folder.file("run.toml", text), readRunRecord);
    if (!record) return;
    const std::string written = formatRunRecord(*record);
    const RunRecord again = readRunRecord(folder.file("run.toml", written));
    require(again.data == record->data && again.terms == record->terms);
    require(again.created == record->created && formatRunRecord(again) == written);
    const ResumePlan plan = planResume(again, OptionValues(trainOptions()), record->data, record->terms, 0);
    require(plan.exact && plan.notes.empty());
}

inline std::string formatPreset(const Preset& preset) {
    std::string text;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (preset.options.isSet(spec.key))
            text += spec.key + " = " + tomlValue(preset.options.value(spec.key)) + '\n';
    }
    text += "[about]\ntitle = " + tomlQuoted(preset.title) + "\ndescription = ";
    text += tomlQuoted(preset.description) + "\nneeds = " + tomlQuoted(preset.needs) + '\n';
    if (preset.leastImages > 0) text += "least-images = " + std::to_string(preset.leastImages) + '\n';
    return text;
}

/// What a call without options makes of a preset is checked, or refused as wrong usage.
inline void useAlone(const Preset& preset) {
    OptionValues values(trainOptions());
    applyPreset(preset, values);
    try {
        settleTrainOptions(values);
        checkTrainOptions(values);
    } catch (const UsageError& error) {
        require(error.where().starts_with("--") && !error.remedy().empty());
    }
}

/// A preset: what is read is written and read alike, and can be used.
inline void preset(std::string_view text) {
    static const ScratchFolder folder;
    const std::optional<Preset> read = readOrRefuse(folder.file("preset.toml", text), readPreset);
    if (!read) return;
    for (const OptionSpec& spec : trainOptions().specs()) {
        const TrainOptionRole role = trainOptionRole(spec.key);
        if (role == TrainOptionRole::Action || role == TrainOptionRole::Data)
            require(!read->options.isSet(spec.key));
    }
    const std::string written = formatPreset(*read);
    const Preset again = readPreset(folder.file("preset.toml", written));
    require(formatPreset(again) == written);
    require(differingOptions(*read, again.options).empty());
    useAlone(again);
}

}  // namespace dinoscope::fuzz
