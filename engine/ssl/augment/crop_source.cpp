#include "engine/ssl/augment/crop_source.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/image/resample_weights.h"
#include "engine/ssl/augment/apply_crop.h"

namespace dinoscope {

namespace {

constexpr std::size_t kNumber = sizeof(std::int32_t);

std::size_t samplesOf(std::int64_t pixels) {
    return static_cast<std::size_t>(pixels) * Image::kChannels;
}

/// The least box around those of all plans.
CropBox boxAround(const std::vector<CropPlan>& plans) {
    CropBox around = plans.front().box;
    for (const CropPlan& plan : plans) {
        const int right = std::max(around.left + around.width, plan.box.left + plan.box.width);
        const int bottom = std::max(around.top + around.height, plan.box.top + plan.box.height);
        around.left = std::min(around.left, plan.box.left);
        around.top = std::min(around.top, plan.box.top);
        around.width = right - around.left;
        around.height = bottom - around.top;
    }
    return around;
}

/// Whether the device resizes.
bool isForDevice(const CropBox& around, const std::vector<CropPlan>& plans, const MultiCropOptions& crops) {
    if (std::int64_t{around.width} * around.height > kMostSourcePixels) return false;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const int most = kMostShrinking * crops.sizeOf(static_cast<int>(i));
        if (plans[i].box.width > most || plans[i].box.height > most) return false;
    }
    return true;
}

/// Puts an image's views together, then writes them.
class SourceBuilder {
public:
    SourceBuilder(const Image& image, const std::vector<CropPlan>& plans, const MultiCropOptions& crops)
        : image_(image), around_(boxAround(plans)), resizes_(!isForDevice(around_, plans, crops)) {
        std::int64_t pixels = resizes_ ? 0 : std::int64_t{around_.width} * around_.height;
        for (std::size_t i = 0; i < plans.size(); ++i) {
            const int size = crops.sizeOf(static_cast<int>(i));
            CropSource::View& view = source_.views.emplace_back();
            view.plan = plans[i];
            view.size = size;
            view.pixel = pixels;
            view.rowPixels = size;
            if (resizes_) {
                pixels += std::int64_t{size} * size;
            } else {
                const CropBox& box = plans[i].box;
                view.rowPixels = around_.width;
                view.pixel = std::int64_t{box.top - around_.top} * around_.width + box.left - around_.left;
            }
        }
        numbers_ = static_cast<std::int64_t>((samplesOf(pixels) + kNumber - 1) / kNumber);
        for (CropSource::View& view : source_.views) {
            view.columns = addAxis(resizes_ ? view.size : view.plan.box.width, view.size);
            view.rows = addAxis(resizes_ ? view.size : view.plan.box.height, view.size);
        }
    }

    CropSource write(ByteStore& store, CpuPath path) {
        const ByteStore::Piece piece = store.take(static_cast<std::size_t>(numbers_) * kNumber);
        source_.block = piece.block;
        source_.offset = piece.offset;
        if (resizes_) {
            writeCrops(piece.bytes, path);
        } else {
            writePart(piece.bytes);
        }
        auto weights = weights_.begin();
        for (const CropSource::View& view : source_.views) {
            for (const CropSource::Axis* axis : {&view.columns, &view.rows})
                writeTable(*weights++, piece.bytes + static_cast<std::size_t>(axis->table) * kNumber);
        }
        return std::move(source_);
    }

private:
    CropSource::Axis addAxis(int length, int size) {
        weights_.push_back(resampleWeights(length, 0, static_cast<float>(length), size, Filter::Bicubic));
        const CropSource::Axis axis{length, weights_.back().stride, numbers_};
        numbers_ += std::int64_t{size} + 1 + std::int64_t{size} * (axis.taps + 1);
        return axis;
    }

    void writePart(std::uint8_t* out) const {
        const std::size_t rowBytes = samplesOf(around_.width);
        for (int y = 0; y < around_.height; ++y, out += rowBytes)
            std::memcpy(out, image_.at(around_.left, around_.top + y), rowBytes);
    }

    void writeCrops(std::uint8_t* out, CpuPath path) const {
        for (const CropSource::View& view : source_.views) {
            const Image crop = resizedCrop(image_, view.plan.box, view.size, Filter::Bicubic, path);
            std::memcpy(out + samplesOf(view.pixel), crop.pixels.data(), crop.pixels.size());
        }
    }

    static void writeTable(const ResampleWeights& weights, std::uint8_t* bytes) {
        auto* out = reinterpret_cast<std::int32_t*>(bytes);
        for (const ResampleWeights::Span& span : weights.spans)
            *out++ = span.first;
        *out++ = 0;
        for (int i = 0; i < static_cast<int>(weights.spans.size()); ++i) {
            out = std::copy_n(weights.of(i), weights.stride, out);
            *out++ = 0;
        }
    }

    const Image& image_;
    CropBox around_;
    bool resizes_;
    CropSource source_;
    std::vector<ResampleWeights> weights_;  ///< of each view's columns and rows
    std::int64_t numbers_ = 0;              ///< of four bytes, so far
};

}  // namespace

CropSource makeCropSource(const Image& image, const std::vector<CropPlan>& plans,
                          const MultiCropOptions& crops, ByteStore& store, CpuPath path) {
    for (const CropPlan& plan : plans)
        plan.box.checkWithin(image.width, image.height);
    return SourceBuilder(image, plans, crops).write(store, path);
}

std::int64_t expectedSourceBytes(const MultiCropOptions& crops, std::int64_t pixels) {
    const auto most = static_cast<double>(kMostSourcePixels);
    const double area = pixels > 0 ? static_cast<double>(pixels) : most;
    // Even a box of the least share is too large then.
    const bool resizes = area * crops.globalScale.low > most;
    double crop = 0;
    double tables = 0;
    for (int view = 0; view < crops.views(); ++view) {
        const double size = crops.sizeOf(view);
        // Of both axes: a sample of a crop n times as small as its box has some 4 n + 3 weights.
        const double side = resizes ? size : std::sqrt(area * crops.scaleOf(view).high);
        tables += 2 * (4 * std::max(side, size) + 5 * size);
        crop += size * size;
    }
    const double part = area > most ? std::max(crop, most) : area;
    return static_cast<std::int64_t>(Image::kChannels * (resizes ? crop : part) + kNumber * tables);
}

}  // namespace dinoscope
