#include "engine/image/resample.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/parallel.h"
#include "engine/image/resample_kernels.h"
#include "engine/image/resample_weights.h"

namespace dinoscope {

namespace {

constexpr int kChannels = Image::kChannels;
constexpr int kBand = 32;  // rows that are scaled sideways together: as many bytes as an AVX2 register has
constexpr std::int64_t kBytesWorthAThread = 64 * 1024;

/// Rows per piece of work, so that small images stay on one thread.
std::int64_t grain(std::size_t rowBytes) {
    return std::max<std::int64_t>(1, kBytesWorthAThread / static_cast<std::int64_t>(rowBytes));
}

/// A part of an image, and where it lies in the whole whose samples the weights count.
struct Part {
    const Image& image;
    int left = 0;  ///< column of the whole that is column 0 of `image`
    int top = 0;   ///< row of the whole that is row 0 of `image`
};

struct Range {
    int first = 0;
    int last = 0;
    int size() const { return last - first; }
};

/// The input samples that any output sample needs.
Range neededBy(const ResampleWeights& weights) {
    return {weights.spans.front().first, weights.spans.back().first + weights.spans.back().count};
}

/// Scales `rows` sideways. A band of rows is transposed, so that a column's samples of one channel lie side
/// by side and the loop over rows serves both directions.
Image scaleSideways(const Part& part, Range rows, const ResampleWeights& weights,
                    const ResampleKernels& kernels) {
    const Image& image = part.image;
    Image result(static_cast<int>(weights.spans.size()), rows.size());
    const Range columns = neededBy(weights);
    const auto inputBytes = static_cast<std::size_t>(columns.size()) * kChannels;
    const std::int64_t bands = (rows.size() + kBand - 1) / kBand;
    parallelFor(0, bands, std::max<std::int64_t>(1, grain(image.rowBytes()) / kBand),
                [&](auto from, auto to) {
                    std::vector<std::uint8_t> input(inputBytes * kBand);
                    std::vector<std::uint8_t> output(result.rowBytes() * kBand);
                    for (auto band = from; band < to; ++band) {
                        const int begin = static_cast<int>(band) * kBand;
                        const auto height = static_cast<std::size_t>(std::min(kBand, rows.size() - begin));
                        kernels.transpose(image.at(columns.first - part.left, rows.first + begin - part.top),
                                          image.rowBytes(), height, inputBytes, input.data(), kBand);
                        std::uint8_t* target = output.data();
                        for (int x = 0; x < result.width; ++x) {
                            const auto& span = weights.spans[static_cast<std::size_t>(x)];
                            const std::uint8_t* source =
                                input.data() +
                                static_cast<std::size_t>(span.first - columns.first) * kChannels * kBand;
                            for (int c = 0; c < kChannels; ++c, source += kBand, target += kBand) {
                                kernels.weightRows(source, kChannels * kBand, weights.of(x), span.count,
                                                   kBand, target);
                            }
                        }
                        kernels.transpose(output.data(), kBand, result.rowBytes(), height, result.row(begin),
                                          result.rowBytes());
                    }
                });
    return result;
}

/// Scales `columns` from top to bottom.
Image scaleUpright(const Part& part, Range columns, const ResampleWeights& weights,
                   const ResampleKernels& kernels) {
    const Image& image = part.image;
    Image result(columns.size(), static_cast<int>(weights.spans.size()));
    parallelFor(0, result.height, grain(result.rowBytes()), [&](auto from, auto to) {
        for (int y = static_cast<int>(from); y < static_cast<int>(to); ++y) {
            const auto& span = weights.spans[static_cast<std::size_t>(y)];
            kernels.weightRows(image.at(columns.first - part.left, span.first - part.top), image.rowBytes(),
                               weights.of(y), span.count, result.rowBytes(), result.row(y));
        }
    });
    return result;
}

void check(const Image& image, int width, int height, const SourceBox& box) {
    if (image.empty()) throw Error("an image without pixels cannot be scaled");
    if (width < 1 || height < 1 || std::int64_t{width} * height > kMaxPixels) {
        throw Error("an image cannot be scaled to this size",
                    std::to_string(width) + "x" + std::to_string(height),
                    "sides must be 1 or more, the area at most " + std::to_string(kMaxPixels) + " pixels");
    }
    // Written so that a NaN fails.
    if (!(box.left >= 0 && box.top >= 0 && box.right > box.left && box.bottom > box.top &&
          box.right <= static_cast<float>(image.width) && box.bottom <= static_cast<float>(image.height))) {
        throw Error("the part of an image to scale is empty or leaves the image");
    }
}

}  // namespace

bool joinsRowsFirst(int fromWidth, int fromHeight, int width, int height) {
    return height < fromHeight && fromHeight - height > 2 * (std::int64_t{fromWidth} - width);
}

Image resize(const Image& image, int width, int height, Filter filter, const SourceBox& box, CpuPath path) {
    check(image, width, height, box);
    const auto kernels = path >= CpuPath::Avx2 ? avx2ResampleKernels() : portableResampleKernels();
    const bool sideways =
        width != image.width || box.left != 0 || box.right != static_cast<float>(image.width);
    const bool upright =
        height != image.height || box.top != 0 || box.bottom != static_cast<float>(image.height);
    if (!sideways && !upright) return image;
    const Range allColumns{0, image.width};
    const Range allRows{0, image.height};
    const Part source{image};
    if (!upright) {
        return scaleSideways(source, allRows,
                             resampleWeights(image.width, box.left, box.right, width, filter), kernels);
    }
    const auto vertical = resampleWeights(image.height, box.top, box.bottom, height, filter);
    if (!sideways) return scaleUpright(source, allColumns, vertical, kernels);
    const auto horizontal = resampleWeights(image.width, box.left, box.right, width, filter);
    // The first pass leaves out what the second does not read.
    if (joinsRowsFirst(image.width, image.height, width, height)) {
        const Range columns = neededBy(horizontal);
        const Image low = scaleUpright(source, columns, vertical, kernels);
        return scaleSideways({low, columns.first, 0}, {0, height}, horizontal, kernels);
    }
    const Range rows = neededBy(vertical);
    const Image narrow = scaleSideways(source, rows, horizontal, kernels);
    return scaleUpright({narrow, 0, rows.first}, {0, width}, vertical, kernels);
}

Image resize(const Image& image, int width, int height, Filter filter, const SourceBox& box) {
    return resize(image, width, height, filter, box, cpuPath());
}

Image resize(const Image& image, int width, int height, Filter filter) {
    const SourceBox whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    return resize(image, width, height, filter, whole);
}

}  // namespace dinoscope
