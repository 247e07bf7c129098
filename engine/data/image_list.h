#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace dinoscope {

/// A line of a list of images.
struct ImageListLine {
    std::int64_t number = 0;  ///< from 1
    std::string_view path;
    std::optional<std::string_view> label;  ///< what follows the first tab
};

/// Calls `visit` for each line that is not empty; line ends of Windows and a byte order mark are understood.
/// Throws Error for a file that cannot be read or is no text.
void readImageList(const std::filesystem::path& list, const std::function<void(const ImageListLine&)>& visit);

}  // namespace dinoscope
