#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "engine/neighbours/store/find_record.h"
#include "engine/neighbours/store/image_table.h"

namespace dinoscope {

/// A gallery as it was when it was opened. Immutable; writers do not disturb it.
class GalleryReader {
public:
    /// Throws Error for no gallery, a newer version, a damaged database or matrix header. Images whose
    /// features fail their checksum are left out and counted. Polls.
    static GalleryReader open(const std::filesystem::path& folder, JobControl& control);

    const std::filesystem::path& folder() const { return folder_; }
    const GalleryRecord& record() const { return record_; }
    const FeatureMatrix& matrix() const { return matrix_; }
    /// In the order of listImages(); those that are marked as vanished are not among them.
    const std::vector<StoredImage>& images() const { return images_; }
    std::int64_t damaged() const { return damaged_; }
    std::uint64_t generation() const { return matrix_.header().generation; }

    /// For each row of the matrix the image it is of, -1 for none.
    const std::vector<std::int32_t>& imageOfRow() const { return imageOfRow_; }
    std::optional<std::int64_t> find(std::string_view name) const;

private:
    GalleryReader(const std::filesystem::path& folder, GalleryRecord record, FeatureMatrix matrix)
        : folder_(folder), record_(std::move(record)), matrix_(std::move(matrix)) {}
    void join(ImageTable::Snapshot snapshot);

    std::filesystem::path folder_;
    GalleryRecord record_;
    FeatureMatrix matrix_;
    std::vector<StoredImage> images_;
    std::vector<std::int32_t> imageOfRow_;
    std::int64_t damaged_ = 0;
};

/// Whether path `a` below a folder comes before `b` in listImages(): a folder's own files first, then its
/// subfolders, each in natural order.
bool listedBefore(std::string_view a, std::string_view b);

}  // namespace dinoscope
