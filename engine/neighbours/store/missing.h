#pragma once

#include <filesystem>
#include <system_error>

namespace dinoscope {

/// Whether the system says that there is no such file. Not so of one in a folder that may not be read: what
/// depends on it must not be given up.
inline bool isMissing(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found;
}

}  // namespace dinoscope
