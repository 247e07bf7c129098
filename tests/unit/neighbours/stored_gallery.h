#pragma once

#include <QString>
#include <QTest>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/neighbours/store/gallery_reader.h"
#include "engine/neighbours/store/gallery_writer.h"
#include "tests/damage.h"

/// A small gallery whose every number can be told from the number of its image.
namespace dinoscope::stored {

namespace fs = std::filesystem;

inline constexpr int kDim = 24;

inline GalleryRecord record() {
    GalleryRecord record;
    record.terms.model = "a.pth (vit_tiny/16)";
    record.terms.fingerprint = "0123456789abcdef0123456789abcdef";
    record.terms.dim = kDim;
    record.source = "/pictures";
    record.modelOptions = {{"weights", "a.pth"}};
    record.inputDim = kDim;
    return record;
}

inline ContentHash content(int number) {
    const std::string text = "content " + std::to_string(number);
    return contentHash(std::as_bytes(std::span(text)));
}

inline std::vector<float> feature(int number) {
    std::vector<float> values(kDim);
    for (int i = 0; i < kDim; ++i)
        values[std::size_t(i)] = float(number) + float(i) / 64;
    return values;
}

inline NewImage image(int number) {
    NewImage one;
    one.name = "class" + std::to_string(number % 2) + "/" + std::to_string(number) + ".jpg";
    one.bytes = 100 + number;
    one.modified = 1000 + number;
    one.content = content(number);
    one.label = "class" + std::to_string(number % 2);
    one.feature = feature(number);
    one.thumbnail = {std::byte{1}, std::byte(number)};
    return one;
}

/// A gallery of images 0 to count - 1 in two calls.
inline void fill(const fs::path& folder, int count) {
    GalleryWriter writer(folder, record());
    std::vector<NewImage> images;
    for (int i = 0; i < count; ++i) {
        images.push_back(image(i));
        if (i == count / 2) {
            writer.put(images);
            images.clear();
        }
    }
    writer.put(images);
}

inline GalleryReader open(const fs::path& folder) {
    JobControl control;
    return GalleryReader::open(folder, control);
}

inline std::vector<float> featureOf(const GalleryReader& reader, const std::string& name) {
    const auto index = reader.find(name);
    if (!index) return {};
    std::vector<float> values(static_cast<std::size_t>(reader.matrix().header().dim));
    decodeRow(reader.matrix().row(reader.images()[std::size_t(*index)].row), reader.matrix().header().type,
              values);
    return values;
}

inline QString messageOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

}  // namespace dinoscope::stored
