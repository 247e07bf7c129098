#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/option.h"

namespace dinoscope {

/// A set of training options with a name: a .toml file of keys of trainOptions() and a table [about] with
/// title, description and needs, and if it likes least-images.
struct Preset {
    std::string name;  ///< the file's stem, "five-minutes"
    std::string title;
    std::string description;       ///< one line
    std::string needs;             ///< machine and images, one line
    OptionValues options;          ///< of trainOptions()
    std::int64_t leastImages = 0;  ///< with fewer hardly anything is learnt; 0 where none is told
};

/// Reads one file. Errors name it and the line or the key. A preset cannot hold actions (--resume, …), data
/// or output.
Preset readPreset(const std::filesystem::path& file);

/// All presets of a folder, by name. A folder that is not there is an Error.
std::vector<Preset> listPresets(const std::filesystem::path& folder);

/// By a name in `folder`, or by a path with an extension. Throws UsageError that names those there are.
Preset findPreset(const std::string& nameOrPath, const std::filesystem::path& folder);

/// Sets what `values` has not set already: what is given on a command line counts over the preset. What of
/// the preset does nothing beside that is left out, and returned.
std::vector<std::string> applyPreset(const Preset& preset, OptionValues& values);

/// The preset's options that have other values in a run's record.
std::vector<std::string> differingOptions(const Preset& preset, const OptionValues& recorded);

}  // namespace dinoscope
