#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/image/colour_map.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/image.h"
#include "engine/image/resample.h"

namespace dinoscope::api {

/// Files below `folder` that look like images by their extension, in natural order ("2.jpg" before "10.jpg"),
/// hidden ones left out. `recursive` enters subfolders; a link that leads back up is not followed twice.
std::vector<std::filesystem::path> listImages(const std::filesystem::path& folder, bool recursive);

/// Lower-case extensions with dot that listImages() takes: ".jpg", ".png", …
const std::vector<std::string>& imageExtensions();

}  // namespace dinoscope::api
