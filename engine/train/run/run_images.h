#pragma once

#include "engine/data/dataset_file.h"
#include "engine/train/run/run_directory.h"

namespace dinoscope {

/// What a run goes on with, where `found` is what the place of its images holds now: the same images, or
/// those that images.txt keeps with what is gone of them marked. A run without that file gets `found` back,
/// be it the same or not; planResume() compares them. Throws Error for a file that is damaged or another
/// run's.
KeptDataset imagesOfRun(const RunPaths& paths, const DataRecord& data, ImageDataset found);

}  // namespace dinoscope
