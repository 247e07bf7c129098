#include "engine/api/confusion_picture.h"

#include <algorithm>
#include <filesystem>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/image/colour_map.h"
#include "engine/image/encode.h"

namespace dinoscope::api {

void checkConfusion(const OptionValues& options) {
    const std::filesystem::path picture = options.text("confusion");
    if (picture.empty()) return;
    if (picture.extension() != ".png" && picture.extension() != ".PNG") {
        throw UsageError("the confusion matrix is written as PNG", "--confusion",
                         "let '" + picture.string() + "' end in .png");
    }
    requireFolderFor(picture);
}

Image confusionPicture(const ConfusionMatrix& confusion) {
    constexpr int kSide = 800;
    const int classes = int(confusion.classes.size());
    if (classes == 0) throw Error("there is no class to draw");
    const int cell = std::max(1, kSide / classes);
    Image picture(classes * cell, classes * cell);
    for (int truth = 0; truth < classes; ++truth) {
        std::int64_t all = 0;
        for (int predicted = 0; predicted < classes; ++predicted)
            all += confusion.count(std::size_t(truth), std::size_t(predicted));
        for (int predicted = 0; predicted < classes; ++predicted) {
            const auto count = double(confusion.count(std::size_t(truth), std::size_t(predicted)));
            const std::uint32_t rgb =
                colour(ColourMap::Viridis, all == 0 ? 0.0F : float(count / double(all)));
            for (int y = truth * cell; y < (truth + 1) * cell; ++y) {
                for (int x = predicted * cell; x < (predicted + 1) * cell; ++x) {
                    std::uint8_t* pixel = picture.at(x, y);
                    pixel[0] = std::uint8_t(rgb >> 16);
                    pixel[1] = std::uint8_t(rgb >> 8);
                    pixel[2] = std::uint8_t(rgb);
                }
            }
        }
    }
    return picture;
}

void writeConfusion(const OptionValues& options, const ConfusionMatrix& confusion) {
    if (!options.text("confusion").empty()) writePng(options.text("confusion"), confusionPicture(confusion));
}

}  // namespace dinoscope::api
