#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/data/dataset_file.h"
#include "engine/data/image_list.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scratch_folder.h"

namespace dinoscope::fuzz {

/// A list that says the same, with all that a list may have: a byte order mark, line ends of Windows, and
/// empty lines where they were.
inline std::string listAgain(const std::filesystem::path& list) {
    std::string text = "\xEF\xBB\xBF";
    std::int64_t next = 1;
    readImageList(list, [&](const ImageListLine& line) {
        require(line.number >= next);
        require(line.label || !line.path.empty());
        require(line.path.find_first_of("\n\t") == std::string_view::npos);
        require(!line.label || line.label->find('\n') == std::string_view::npos);
        for (; next < line.number; ++next)
            text += "\r\n";
        text += line.path;
        if (line.label) text += '\t' + std::string(*line.label);
        text += "\r\n";
        ++next;
    });
    return text;
}

/// A list of images: what is read is written and read alike. Only what is no text is refused.
inline void imageList(std::string_view text) {
    static const ScratchFolder folder;
    const std::optional<std::string> again = readOrRefuse(folder.file("list.txt", text), listAgain);
    require(again.has_value() == (text.find('\0') == std::string_view::npos));
    if (again) require(listAgain(folder.file("list.txt", *again)) == *again);
}

/// A scan that found one image, "a.png" of 33 bytes, which are its header.
inline const ImageDataset& oneImage() {
    static const ImageDataset found = [] {
        constexpr std::string_view kHeader(
            "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x08\0\0\0\x06\x08\x02\0\0\0\0\0\0\0", 33);
        const ScratchFolder folder;
        folder.file("a.png", kHeader);
        JobControl control;
        return ImageDataset::scan(folder.path(), control);
    }();
    return found;
}

/// Of the images that were read, those are gone that the scan did not find of the same size.
inline void requireCounted(const KeptDataset& kept) {
    std::int64_t gone = 0;
    bool isKept = false;
    for (std::int64_t i = 0; i < kept.dataset.size(); ++i) {
        const bool isNamed = kept.dataset.name(i) == oneImage().name(0);
        require(kept.dataset.isGone(i) == !(isNamed && kept.dataset.bytes(i) == oneImage().bytes(0)));
        gone += kept.dataset.isGone(i) ? 1 : 0;
        isKept = isKept || isNamed;
    }
    require(kept.changes.gone == gone && kept.dataset.goneCount() == gone);
    require(std::ssize(kept.changes.firstGone) == std::min<std::int64_t>(gone, DatasetChanges::kMostNamed));
    require(kept.changes.added == (isKept ? 0 : 1));
}

inline void requireEqual(const ImageDataset& a, const ImageDataset& b) {
    require(a.size() == b.size() && a.classes() == b.classes() && a.fingerprint() == b.fingerprint());
    for (std::int64_t i = 0; i < a.size(); ++i) {
        require(a.name(i) == b.name(i) && a.bytes(i) == b.bytes(i) && a.label(i) == b.label(i));
        require(a.width(i) == b.width(i) && a.height(i) == b.height(i));
        require(a.width(i) >= 1 && a.height(i) >= 1);
        require(a.label(i) >= (a.hasLabels() ? 0 : -1) && a.label(i) < std::ssize(a.classes()));
    }
}

/// images.txt of a run: what is read is written and read alike.
inline void dataset(std::string_view text) {
    static const ScratchFolder folder;
    const auto read = [](const std::filesystem::path& file) { return readDataset(file, oneImage()); };
    const std::filesystem::path file = folder.file("images.txt", text);
    const std::optional<KeptDataset> kept = readOrRefuse(file, read);
    if (!kept) return;
    requireCounted(*kept);
    writeDataset(file, kept->dataset);
    requireEqual(read(file).dataset, kept->dataset);
}

}  // namespace dinoscope::fuzz
