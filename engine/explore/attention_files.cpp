#include "engine/explore/attention_files.h"

#include <algorithm>
#include <functional>
#include <span>

#include "engine/base/parallel.h"
#include "engine/explore/render.h"
#include "engine/image/encode.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

/// Writes one attention map's files.
class Writer {
public:
    Writer(const AttentionMap& map, const AttentionFileOptions& options, fs::path folder, std::string stem,
           JobControl& control)
        : map_(map),
          options_(options),
          folder_(std::move(folder)),
          stem_(std::move(stem)),
          control_(control) {
        if (!options.energy) mean_ = meanOfHeads(map);
        if (!options.mass) return;
        if (onlyMean() || options.hues) keptOfMean_ = massMask(mean_, *options.mass);
        for (const int head : options.heads)
            masks_.push_back(massMask(map.head(head), *options.mass));
    }

    void pictures(const Image& original, const InputGeometry& geometry) {
        const std::vector<ValueRange> ranges = headRanges(map_, options_.scale);
        const ColourMap colours = options_.colourMap;
        for (const int head : options_.heads) {
            add(title(head), [&, head] {
                return gridPicture(map_.head(head), ranges[std::size_t(head)], colours, geometry);
            });
        }
        const ValueRange meanRange = mean_.empty() ? ValueRange{} : gridRange(mean_, options_.scale);
        if (!options_.energy) add("mean", [&] { return gridPicture(mean_, meanRange, colours, geometry); });
        for (std::size_t i = 0; i < options_.heads.size(); ++i) {
            const int head = options_.heads[i];
            const std::span<const std::uint8_t> mask =
                masks_.empty() ? std::span<const std::uint8_t>() : masks_[i];
            add("overlay-" + title(head), [&, head, mask] {
                return overlayPicture(original, map_.head(head), ranges[std::size_t(head)], colours,
                                      options_.opacity, geometry, mask);
            });
        }
        if (onlyMean()) {
            add("overlay-mean", [&] {
                return overlayPicture(original, mean_, meanRange, colours, options_.opacity, geometry,
                                      keptOfMean_);
            });
        }
        if (options_.hues) {
            add("overlay-hues", [&] {
                return headsOverlayPicture(original, map_, ranges, options_.heads, options_.opacity, geometry,
                                           keptOfMean_);
            });
        }
        if (onlyMean() && options_.mass) add("mask-mean", [&] { return maskPicture(keptOfMean_, geometry); });
        for (std::size_t i = 0; i < masks_.size(); ++i) {
            add("mask-" + title(options_.heads[i]), [&, i] { return maskPicture(masks_[i], geometry); });
        }
        writePictures();
    }

    void raw() {
        control_.poll();
        const auto count = onlyMean() ? 1 : static_cast<std::int64_t>(options_.heads.size());
        const std::vector<std::int64_t> shape{count, map_.rows, map_.columns};
        std::vector<float> values;
        std::vector<std::uint8_t> masks;
        if (onlyMean()) {
            values = mean_;
            masks = keptOfMean_;
        }
        for (std::size_t i = 0; i < options_.heads.size(); ++i) {
            const std::span<const float> grid = map_.head(options_.heads[i]);
            values.insert(values.end(), grid.begin(), grid.end());
            if (!masks_.empty()) masks.insert(masks.end(), masks_[i].begin(), masks_[i].end());
        }
        std::vector<SafetensorsItem> items{{options_.energy ? "activation_energy" : "attention",
                                            ElementType::F32, shape, std::as_bytes(std::span(values))}};
        std::vector<float> registers;
        if (!map_.registers.empty() && !onlyMean()) {
            const std::size_t each = map_.registers.size() / std::size_t(map_.heads);
            for (const int head : options_.heads) {
                const auto first = map_.registers.begin() + std::ptrdiff_t(std::size_t(head) * each);
                registers.insert(registers.end(), first, first + std::ptrdiff_t(each));
            }
            items.push_back({"registers",
                             ElementType::F32,
                             {count, static_cast<std::int64_t>(each)},
                             std::as_bytes(std::span(registers))});
        }
        if (!masks.empty())
            items.push_back({"mask", ElementType::U8, shape, std::as_bytes(std::span(masks))});
        const fs::path file = folder_ / (stem_ + ".safetensors");
        writeSafetensors(file, items, options_.metadata);
        written_.push_back(file);
    }

    std::vector<fs::path> written() && { return std::move(written_); }

private:
    struct Picture {
        fs::path file;
        std::function<Image()> make;
    };

    bool onlyMean() const { return options_.heads.empty(); }
    std::string title(int head) const { return options_.energy ? "energy" : "head" + std::to_string(head); }

    void add(const std::string& kind, std::function<Image()> make) {
        pictures_.push_back({folder_ / (stem_ + "-" + kind + ".png"), std::move(make)});
    }

    /// One a thread at a time: compressing them takes longer than computing a small network's attention.
    void writePictures() {
        const auto count = std::int64_t(pictures_.size());
        const std::int64_t batch = threadCount();
        for (std::int64_t first = 0; first < count; first += batch) {
            control_.poll();
            parallelFor(first, std::min(count, first + batch), 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    writePng(pictures_[std::size_t(i)].file, pictures_[std::size_t(i)].make());
            });
        }
        for (Picture& picture : pictures_)
            written_.push_back(std::move(picture.file));
        pictures_.clear();
    }

    const AttentionMap& map_;
    const AttentionFileOptions& options_;
    fs::path folder_;
    std::string stem_;
    JobControl& control_;
    std::vector<std::vector<std::uint8_t>> masks_;
    std::vector<float> mean_;
    std::vector<std::uint8_t> keptOfMean_;  ///< the window's masks of the mean and of all heads at once
    std::vector<Picture> pictures_;
    std::vector<fs::path> written_;
};

}  // namespace

std::vector<fs::path> writeAttentionFiles(const Image& original, const InputGeometry& geometry,
                                          const AttentionMap& map, const AttentionFileOptions& options,
                                          const fs::path& folder, const std::string& stem,
                                          JobControl& control) {
    Writer writer(map, options, folder, stem, control);
    if (options.pictures) writer.pictures(original, geometry);
    if (options.raw) writer.raw();
    return std::move(writer).written();
}

}  // namespace dinoscope
