#include "engine/train/run/preset.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/train/run/toml_options.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRemedy = "write it as models/presets/five-minutes.toml is";

std::string aboutText(const toml::table& about, const char* key, const std::string& where) {
    const auto text = about[key].value_exact<std::string>();
    if (!text || text->empty()) throw Error(std::string("[about] has no ") + key, where, kRemedy);
    return *text;
}

std::int64_t leastImages(const toml::table& about, const std::string& where) {
    const toml::node* node = about.get("least-images");
    if (!node) return 0;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < 1)
        throw Error("[about] has a least-images that is no number of images", where, kRemedy);
    return *number;
}

}  // namespace

Preset readPreset(const fs::path& file) {
    const std::string where = file.string();
    const toml::table table = readToml(file, kRemedy);
    const toml::table* about = table["about"].as_table();
    if (!about) throw Error("there is no table [about]", where, kRemedy);
    Preset preset{file.stem().string(),
                  aboutText(*about, "title", where),
                  aboutText(*about, "description", where),
                  aboutText(*about, "needs", where),
                  OptionValues(trainOptions()),
                  leastImages(*about, where)};
    for (const auto& [name, node] : table) {
        const std::string_view key = name.str();
        if (key == "about") continue;
        setFromToml(preset.options, key, node, where);
        const TrainOptionRole role = trainOptionRole(key);
        if (role == TrainOptionRole::Action || role == TrainOptionRole::Data) {
            throw Error("'" + std::string(key) + "' is said by each call, not by a preset", where,
                        "take it out");
        }
    }
    return preset;
}

std::vector<Preset> listPresets(const fs::path& folder) {
    std::vector<Preset> presets;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (entry->path().extension() == ".toml") presets.push_back(readPreset(entry->path()));
    }
    if (code) {
        throw Error("the presets cannot be read (" + code.message() + ")", folder.string(),
                    "install the program anew");
    }
    std::sort(presets.begin(), presets.end(),
              [](const Preset& a, const Preset& b) { return a.name < b.name; });
    return presets;
}

Preset findPreset(const std::string& nameOrPath, const fs::path& folder) {
    if (fs::path(nameOrPath).extension() == ".toml") return readPreset(nameOrPath);
    std::string names;
    for (Preset& preset : listPresets(folder)) {
        if (preset.name == nameOrPath) return std::move(preset);
        names += (names.empty() ? "" : ", ") + preset.name;
    }
    throw UsageError("there is no preset '" + nameOrPath + "'", "--preset",
                     "give one of " + names + ", or a .toml file");
}

std::vector<std::string> applyPreset(const Preset& preset, OptionValues& values) {
    const OptionValues given = values;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (preset.options.isSet(spec.key) && !values.isSet(spec.key)) {
            values.set(spec.key, preset.options.value(spec.key));
        }
    }
    std::vector<std::string> left;
    for (const IdleOptions& idle : idleOptions(values)) {
        for (const std::string& key : idle.keys) {
            if (given.isSet(key)) continue;
            values.reset(key);
            left.push_back(key);
        }
    }
    return left;
}

std::vector<std::string> differingOptions(const Preset& preset, const OptionValues& recorded) {
    std::vector<std::string> keys;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (preset.options.isSet(spec.key) && preset.options.value(spec.key) != recorded.value(spec.key))
            keys.push_back(spec.key);
    }
    return keys;
}

}  // namespace dinoscope
