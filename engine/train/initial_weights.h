#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/train/objective.h"

namespace dinoscope {

/// Puts the weights of a file into student and teacher, for a run that continues from them (--init). Of a
/// training checkpoint of DINO whose heads fit, the heads and the centre too; of anything else that is
/// readable the backbone. Positions for another image size are interpolated. Returns what there is to tell,
/// a sentence each. Throws Error where the backbone does not fit.
std::vector<std::string> loadInitialWeights(const std::filesystem::path& file,
                                            const std::string& checkpointKey, Objective& objective,
                                            JobControl& control);

}  // namespace dinoscope
