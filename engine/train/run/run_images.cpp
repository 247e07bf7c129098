#include "engine/train/run/run_images.h"

#include <system_error>
#include <utility>

#include "engine/base/error.h"

namespace dinoscope {

KeptDataset imagesOfRun(const RunPaths& paths, const DataRecord& data, ImageDataset found) {
    std::error_code code;
    const bool isSame = found.fingerprint() == data.fingerprint;
    if (isSame || !std::filesystem::exists(paths.images(), code)) return {std::move(found), {}};
    KeptDataset kept = readDataset(paths.images(), found);
    if (kept.dataset.fingerprint() == data.fingerprint) return kept;
    throw Error("these are not the images of the run, by the fingerprint in its run.toml",
                paths.images().string(),
                "restore the file from a copy, or put the folder of images back as it was");
}

}  // namespace dinoscope
