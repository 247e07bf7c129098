#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "engine/neighbours/store/gallery_lock.h"
#include "engine/neighbours/store/gallery_record.h"
#include "engine/neighbours/store/image_table.h"

namespace dinoscope {

/// An image to put into a gallery.
struct NewImage {
    std::string name;
    std::int64_t bytes = 0;
    std::int64_t modified = 0;  ///< nanoseconds since 1970
    ContentHash content{};
    std::string label;
    std::vector<float> feature;        ///< [dim]; empty: that of a content the gallery knows
    std::vector<std::byte> thumbnail;  ///< a JPEG file; empty: none
};

/// What opening found damaged and mended from what was whole.
struct GalleryRepair {
    std::int64_t images = 0;         ///< that must be computed anew
    std::vector<std::string> notes;  ///< sentences

    bool any() const { return !notes.empty(); }
};

/// A gallery opened for writing, by one process at a time. What put() and remove() did is on the disk when
/// they return: features before the rows that name them, so that a kill at any instant loses at most the
/// call in progress. Errors of the disk leave the gallery as it was before the call.
class GalleryWriter {
public:
    /// Opens the gallery in `folder`, or makes it as `wanted` says; mends what is damaged from what is whole.
    /// Throws Error where the gallery there was made on other terms or of another source, is being written by
    /// another process, or is newer.
    GalleryWriter(const std::filesystem::path& folder, const GalleryRecord& wanted);

    const GalleryRecord& record() const { return record_; }
    const GalleryRepair& repair() const { return repair_; }
    /// Those that are there.
    const std::unordered_map<std::string, StoredImage>& images() const { return images_; }
    /// Those that are marked as vanished, in this run or an earlier one.
    const std::unordered_map<std::string, StoredImage>& vanished() const { return vanished_; }
    /// Whether features of this content are there already.
    bool knows(const ContentHash& content) const { return rowOfContent_.contains(content); }

    /// A content that is known takes over the row of an image that vanished, which is forgotten: it was
    /// renamed.
    void put(const std::vector<NewImage>& images);
    /// Forgets images, marked or not.
    void remove(const std::vector<std::string>& names);
    /// Marks images as vanished at `when`, nanoseconds since 1970: no reader shows or finds them, but all
    /// that is known of them stays.
    void markVanished(const std::vector<std::string>& names, std::int64_t when);
    /// Takes the mark from images that are there again as they were.
    void restore(const std::vector<std::string>& names);
    /// Forgets the images, marked or not, whose files are not there, and returns how many: as
    /// missingImages().
    std::int64_t forgetMissing(JobControl& control);

    /// Takes `dim` numbers, returns those to store.
    using RowTransform = std::function<std::vector<float>(const std::vector<float>&)>;
    /// Writes all features anew through `transform`; the gallery changes at one instant. Polls.
    void rewrite(bool whitened, const RowTransform& transform, JobControl& control);
    /// Forgets all images and features: for whitened ones that are of no use without the whitening. The next
    /// are stored as they are computed.
    void discardFeatures();
    std::uint64_t generation() const { return header_.generation; }
    /// Whether the matrix is that of whitened features.
    bool isWhitened() const { return header_.whitened; }
    /// Features of up to `limit` images, spread evenly, [n, dim] row by row.
    std::vector<float> sample(std::int64_t limit) const;

    /// Drops rows that nothing names once they are more than a quarter, old thumbnails and old files. Polls.
    void tidy(JobControl& control);

private:
    struct Losses;

    // Opening, in gallery_mending.cpp.
    void openRecord(const GalleryRecord& wanted);
    void openTable();
    void openMatrix();
    void openThumbnails();
    void startThumbnailsAnew(const DamagedDatabase& damage);
    void withThumbnails(const std::function<void()>& work);
    FeatureMatrix openMended(std::uint64_t generation);
    std::uint64_t fullestGeneration();
    MatrixHeader described(std::uint64_t generation, bool whitened) const;
    std::unique_ptr<MatrixWriter> emptyMatrix(const MatrixHeader& header) const;
    void adoptRows();
    void adoptImages(ImageTable::Snapshot snapshot, const std::vector<std::uint8_t>& whole);
    void note(const Losses& lost);
    void removeOtherGenerations() const;

    void switchTo(const MatrixHeader& header, std::unique_ptr<MatrixWriter> matrix,
                  const std::vector<StoredImage>& images);
    std::vector<StoredImage> everyImage() const;
    void keepVanished(StoredImage image);
    void dropVanished(const std::string& name);
    std::vector<std::byte> rowOf(const NewImage& image);
    const FeatureMatrix& mapped(std::int64_t row);

    std::filesystem::path folder_;
    std::unique_ptr<GalleryLock> lock_;
    GalleryRecord record_;
    GalleryRepair repair_;
    MatrixHeader header_;
    std::unique_ptr<ImageTable> table_;
    std::unique_ptr<ThumbnailTable> thumbnails_;
    std::unique_ptr<MatrixWriter> matrix_;
    std::optional<FeatureMatrix> mapped_;
    std::unordered_map<std::string, StoredImage> images_;
    std::unordered_map<std::string, StoredImage> vanished_;
    std::unordered_map<std::int64_t, std::string> vanishedOfRow_;
    std::unordered_map<ContentHash, std::int64_t, ContentHashHasher> rowOfContent_;
    std::vector<std::uint8_t> used_;  ///< rows that one of images_ has
};

}  // namespace dinoscope
