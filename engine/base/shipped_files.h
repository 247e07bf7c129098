#pragma once

#include <filesystem>
#include <string_view>

namespace dinoscope {

/// The folder that the running program lies in.
std::filesystem::path programFolder();

/// A folder of what comes with the program and is no part of it: "models", "models/presets",
/// "resources/samples". Beside an installed program (../share/dinoscope), else in the sources that it was
/// built from.
std::filesystem::path shippedFolder(std::string_view name,
                                    const std::filesystem::path& program = programFolder());

}  // namespace dinoscope
