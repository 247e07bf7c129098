#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/image_dataset.h"

namespace dinoscope {

/// Writes what a scan found, so that the same images can be learnt from in the same order whatever becomes of
/// their folder. Text, about 20 bytes and a name an image; a million take some 60 MB and a second. Atomic.
///
///   dinoscope images 1
///   classes 2
///   cats
///   dogs
///   images 3
///   500 375 110525 0 cats/1.jpg
///   …
///
/// A line an image: width, height, bytes of the file, number of the class (-1 without classes), and its
/// name() to the end of the line. In names a backslash stands as "\\" and an end of line as "\n".
void writeDataset(const std::filesystem::path& file, const ImageDataset& dataset);

/// What became of a dataset's images since it was scanned.
struct DatasetChanges {
    static constexpr std::size_t kMostNamed = 3;

    std::int64_t gone = 0;                 ///< not found, not readable, or of another size in bytes
    std::vector<std::string> firstGone{};  ///< the first kMostNamed of them
    std::int64_t added = 0;                ///< found, and not of the dataset
};

/// A dataset that was written, with what is gone of it marked.
struct KeptDataset {
    ImageDataset dataset;
    DatasetChanges changes;
};

/// Reads it back. `found` is a scan of where its images lie now: root and unreadable images are those, and
/// what is not in it as it was is gone. Throws Error, with the line, for a file that was not written so.
KeptDataset readDataset(const std::filesystem::path& file, const ImageDataset& found);

}  // namespace dinoscope
