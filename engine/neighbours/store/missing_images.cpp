#include "engine/neighbours/store/missing_images.h"

#include "engine/base/error.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope {

std::vector<std::string> missingImages(const std::filesystem::path& source,
                                       const std::vector<StoredImage>& images, JobControl& control) {
    control.setTotal(static_cast<std::int64_t>(images.size()), "images");
    std::vector<std::string> missing;
    for (const StoredImage& image : images) {
        control.poll();
        if (isMissing(source / image.name)) missing.push_back(image.name);
        control.advance();
    }
    if (images.empty() || missing.size() < images.size()) return missing;
    throw Error("none of the gallery's " + std::to_string(images.size()) + " images is there",
                source.string(), "connect the disk that they are on, or say where they are now");
}

}  // namespace dinoscope
