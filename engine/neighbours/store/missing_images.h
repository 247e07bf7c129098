#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/store/image_table.h"

namespace dinoscope {

/// Names of those images, marked as vanished or not, whose files the system says are not below `source`. An
/// image in a folder that cannot be entered is none of them. Throws Error where all of them are: then it is
/// the disk that is missing. Polls at each; progress counts images.
std::vector<std::string> missingImages(const std::filesystem::path& source,
                                       const std::vector<StoredImage>& images, JobControl& control);

}  // namespace dinoscope
