#pragma once

#include <toml++/toml.h>
#include <filesystem>
#include <string>

#include "engine/base/option.h"

namespace dinoscope {

// What presets and run.toml have in common. Internal: it shows toml++.

/// Parses a file of at most 1 MB. Errors name it, the line, and `remedy`.
toml::table readToml(const std::filesystem::path& file, const std::string& remedy);

/// Sets an option of trainOptions() from a value of toml: numbers, texts, flags, pairs as [0.4, 1.0], lists
/// of texts. Throws Error naming `where` and the key for one that is not there or not of its type or range.
void setFromToml(OptionValues& values, std::string_view key, const toml::node& node,
                 const std::string& where);

/// As toml writes it: quoted, with escapes.
std::string tomlQuoted(std::string_view text);

/// A value as toml writes it. Numbers do not depend on the locale; reals always have a point or exponent.
std::string tomlValue(const OptionValue& value);

}  // namespace dinoscope
