#include "engine/neighbours/labelled_set.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/base/error.h"

namespace dinoscope {

LabelledSet extractLabelled(const FeatureNetwork& network, const FeatureRecipe& recipe,
                            const ImageDataset& dataset, const std::vector<std::int32_t>& numbers,
                            JobControl& control) {
    std::vector<std::filesystem::path> files;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        files.push_back(dataset.path(i));
    std::vector<std::vector<float>> features(files.size());
    LabelledSet set;
    const auto sink = [&](std::vector<StreamedImage> images) {
        for (StreamedImage& image : images) {
            control.advance();
            if (!image.failure.empty()) {
                set.skipped.emplace_back(files[image.index], image.failure);
                control.note("skipped " + files[image.index].string() + ": " + image.failure);
            }
            features[image.index] = std::move(image.feature);
        }
    };
    FeatureStream(network, recipe).run(files, {}, sink, control);
    std::int64_t dim = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
        if (features[i].empty()) continue;
        dim = static_cast<std::int64_t>(features[i].size());
        const int label = dataset.label(static_cast<std::int64_t>(i));
        set.classes.push_back(numbers[static_cast<std::size_t>(label)]);
    }
    if (set.classes.empty())
        throw Error("none of the images can be read", dataset.path(0).parent_path().string());
    set.features = at::empty({static_cast<std::int64_t>(set.classes.size()), dim});
    float* out = set.features.data_ptr<float>();
    for (const std::vector<float>& row : features)
        out = std::copy(row.begin(), row.end(), out);
    return set;
}

}  // namespace dinoscope
