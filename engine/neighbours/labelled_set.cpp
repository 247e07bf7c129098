#include "engine/neighbours/labelled_set.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/neighbours/store/feature_matrix.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kBytes = sizeof(float);

/// Takes the rows of images in any order and puts each where it stays.
class RowTaker {
public:
    explicit RowTaker(std::int64_t images) : images_(images), filled_(static_cast<std::size_t>(images)) {}

    void put(std::int64_t image, const std::vector<float>& row) {
        if (!rows_.defined()) rows_ = emptyRows(images_, static_cast<std::int64_t>(row.size()));
        std::copy(row.begin(), row.end(), rowAt(image));
        filled_[static_cast<std::size_t>(image)] = 1;
    }

    bool has(std::int64_t image) const { return filled_[static_cast<std::size_t>(image)] != 0; }

    /// Those that were put, in the order of their images, without the gaps that the others left.
    at::Tensor take() {
        std::int64_t kept = 0;
        for (std::int64_t image = 0; image < images_; ++image) {
            if (!has(image)) continue;
            if (kept != image) std::copy_n(rowAt(image), rows_.size(1), rowAt(kept));
            ++kept;
        }
        return rows_.slice(0, 0, kept);
    }

private:
    float* rowAt(std::int64_t row) { return rows_.data_ptr<float>() + row * rows_.stride(0); }

    std::int64_t images_;
    at::Tensor rows_;           ///< [images, dim]; undefined until the first one tells how long a row is
    std::vector<char> filled_;  ///< 1 where the row is there
};

std::vector<std::filesystem::path> pathsOf(const ImageDataset& dataset, std::int64_t first,
                                           std::int64_t last) {
    std::vector<std::filesystem::path> files;
    for (std::int64_t image = first; image < last; ++image)
        files.push_back(dataset.path(image));
    return files;
}

}  // namespace

FeatureRows LabelledSet::rows() const {
    return {static_cast<const std::byte*>(features.const_data_ptr()), features.size(0), features.size(1),
            features.stride(0) * kBytes, StorageType::Fp32};
}

at::Tensor emptyRows(std::int64_t count, std::int64_t dim) {
    const at::Tensor padded = at::empty({count, rowBytes(dim, StorageType::Fp32) / kBytes});
    padded.slice(1, dim).zero_();
    return padded.slice(1, 0, dim);
}

LabelledSet extractLabelled(const FeatureNetwork& network, const FeatureRecipe& recipe,
                            const ImageDataset& dataset, const std::vector<std::int32_t>& numbers,
                            JobControl& control, std::int64_t filesAtOnce) {
    LabelledSet set;
    RowTaker rows(dataset.size());
    FeatureStream stream(network, recipe);
    for (std::int64_t first = 0; first < dataset.size(); first += filesAtOnce) {
        const auto files = pathsOf(dataset, first, std::min(dataset.size(), first + filesAtOnce));
        const auto sink = [&](const std::vector<StreamedImage>& images) {
            for (const StreamedImage& image : images) {
                control.advance();
                if (image.failure.empty()) {
                    rows.put(first + static_cast<std::int64_t>(image.index), image.feature);
                } else {
                    set.skipped.emplace_back(files[image.index], image.failure);
                    control.note("skipped " + files[image.index].string() + ": " + image.failure);
                }
            }
        };
        stream.run(files, {}, sink, control);
    }
    for (std::int64_t image = 0; image < dataset.size(); ++image) {
        if (rows.has(image)) set.classes.push_back(numbers[static_cast<std::size_t>(dataset.label(image))]);
    }
    if (set.classes.empty())
        throw Error("none of the images can be read", dataset.path(0).parent_path().string());
    set.features = rows.take();
    return set;
}

}  // namespace dinoscope
