#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/job.h"

namespace dinoscope {

/// An image that the scan left out.
struct UnreadableImage {
    std::string name;
    std::int64_t line = 0;  ///< of the list, from 1; 0 where there is no list
    std::string reason;

    /// "line 7: cat.jpg: the file is empty"
    std::string describe() const;
};

/// The images to learn from: all below a folder, or those that a text file lists. Each image's header has
/// been read; it takes about its name and 30 bytes. Images count from 0 in the order of the list, or of
/// listImages().
class ImageDataset {
public:
    /// The unreadable images that are kept by name; the others are only counted.
    static constexpr std::size_t kMaxListed = 1000;

    /// Scans a folder with its subfolders, or a list: one path a line, absolute or relative to the list's
    /// folder, with nothing, or a tab and a label, behind it. Images that cannot be read are noted and left
    /// out, as are folders inside that hold a run (run.toml). Throws Error for a folder without readable
    /// images and for a file that is no list. Polls between files (every 4096 while headers are read, about
    /// 0.1 s) and reports progress in images.
    static ImageDataset scan(const std::filesystem::path& source, JobControl& control);

    std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
    /// As in the list, or below the folder.
    std::string_view name(std::int64_t image) const;
    std::filesystem::path path(std::int64_t image) const { return root_ / name(image); }
    /// The folder, or that of the list.
    const std::filesystem::path& root() const { return root_; }
    int width(std::int64_t image) const { return widths_[static_cast<std::size_t>(image)]; }
    int height(std::int64_t image) const { return heights_[static_cast<std::size_t>(image)]; }
    /// Size of the file when its header was read.
    std::uint64_t bytes(std::int64_t image) const { return bytes_[static_cast<std::size_t>(image)]; }

    /// A folder's images have labels if all lie within its subfolders, of which there are two or more; a
    /// list's, if it says so.
    bool hasLabels() const { return !classes_.empty(); }
    /// In natural order.
    const std::vector<std::string>& classes() const { return classes_; }
    /// Number of the class, -1 where there are no labels.
    int label(std::int64_t image) const {
        return hasLabels() ? labels_[static_cast<std::size_t>(image)] : -1;
    }

    std::int64_t unreadableCount() const { return unreadableCount_; }
    const std::vector<UnreadableImage>& unreadable() const { return unreadable_; }

    /// 16 hexadecimal digits that change with any name, file size, label or place in the order.
    const std::string& fingerprint() const { return fingerprint_; }

    /// An image that was scanned once and is not there any more as it was: nobody tries to decode it. It
    /// keeps its number, so that nothing else moves. Of a scan, none is gone.
    void markGone(std::int64_t image);
    bool isGone(std::int64_t image) const {
        const auto index = static_cast<std::size_t>(image);
        return index < gone_.size() && gone_[index] != 0;
    }
    std::int64_t goneCount() const { return goneCount_; }

private:
    friend class DatasetBuilder;
    friend class DatasetReader;
    ImageDataset() = default;
    void add(std::string_view name, int width, int height, std::uint64_t bytes);
    void sign();

    std::filesystem::path root_;
    std::string names_;                ///< one after the other
    std::vector<std::uint64_t> ends_;  ///< of each name
    std::vector<std::int32_t> widths_;
    std::vector<std::int32_t> heights_;
    std::vector<std::uint64_t> bytes_;
    std::vector<std::int32_t> labels_;  ///< empty where there are none
    std::vector<std::string> classes_;
    std::vector<UnreadableImage> unreadable_;
    std::int64_t unreadableCount_ = 0;
    std::vector<std::uint8_t> gone_;  ///< empty where none is
    std::int64_t goneCount_ = 0;
    std::string fingerprint_;
};

}  // namespace dinoscope
