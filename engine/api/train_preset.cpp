#include "engine/api/train.h"
#include "engine/train/run/run_directory.h"

namespace dinoscope::api {

namespace {

std::string listed(const std::vector<std::string>& keys) {
    std::string text;
    for (const std::string& key : keys)
        text += (text.empty() ? "--" : ", --") + key;
    return text;
}

bool goesOn(const OptionValues& options) {
    return options.flag("resume") && !options.text("output").empty() &&
           RunPaths(options.text("output")).holdsRun();
}

}  // namespace

std::vector<std::string> takePreset(OptionValues& options, const std::filesystem::path& folder) {
    const std::string& name = options.text("preset");
    if (name.empty()) return {};
    const Preset preset = findPreset(name, folder);
    std::vector<std::string> notes;
    if (goesOn(options)) {
        // Repeated from the line that started the run; what was extended since is not to be taken back.
        const RunRecord record = readRunRecord(RunPaths(options.text("output")).record());
        const std::vector<std::string> other = differingOptions(preset, record.options);
        if (!other.empty()) {
            notes.push_back("the run keeps the options that it has, where --preset " + name +
                            " says something else: " + listed(other));
        }
        return notes;
    }
    const std::vector<std::string> left = applyPreset(preset, options);
    if (!left.empty())
        notes.push_back("of --preset " + name + " is left out what has no effect here: " + listed(left));
    return notes;
}

}  // namespace dinoscope::api
