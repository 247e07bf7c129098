#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/model.h"
#include "engine/base/error.h"
#include "engine/base/job.h"
#include "engine/base/option.h"
#include "engine/neighbours/store/gallery_terms.h"

namespace dinoscope::api {

/// An image of a gallery.
struct GalleryItem {
    std::string name;        ///< below the source folder, "cats/2.jpg"
    std::string label;       ///< the class folder, empty where there is none
    std::int64_t bytes = 0;  ///< size of the file when it was read
};

struct GalleryInfo {
    std::filesystem::path folder;  ///< the gallery itself
    std::filesystem::path source;  ///< of the images
    GalleryTerms terms;
    ModelSource model;  ///< with which it was made, as it was named then
    std::int64_t items = 0;
    std::int64_t damaged = 0;    ///< left out: their features fail the checksum; indexing makes them anew
    bool sourceMissing = false;  ///< the source folder is not where it was: offer relocateGallery()
    std::vector<std::string> labels;  ///< in natural order, empty where there are none
    bool approximate = false;         ///< an hnsw index is there and used by default
};

/// Whether a folder is a gallery. Looks at its files' names only.
bool isGallery(const std::filesystem::path& folder);

/// What a gallery's record alone tells, whether or not it can be opened: folder, source, terms and model.
/// Throws Error for what is no gallery, one of a newer version, and a damaged record.
GalleryInfo recordedInfo(const std::filesystem::path& folder);

/// A gallery whose database or matrix is none any more: index() makes anew what was lost.
class DamagedGallery : public Error {
public:
    explicit DamagedGallery(const Error& damage) : Error(damage) {}
};

/// A gallery opened for queries: what it held at that moment. Indexing meanwhile changes nothing of it.
/// Immutable, any thread.
class Gallery {
public:
    /// Checks every feature's checksum (a gigabyte takes about 0.1 s once it is in memory). Polls. Throws
    /// Error for what is no gallery and one of a newer version, DamagedGallery for a damaged one.
    static std::shared_ptr<const Gallery> open(const std::filesystem::path& folder, JobControl& control);
    ~Gallery();
    Gallery(const Gallery&) = delete;
    Gallery& operator=(const Gallery&) = delete;

    const GalleryInfo& info() const;
    /// Items count from 0 to size() - 1, in natural order of their names.
    std::int64_t size() const;
    GalleryItem item(std::int64_t index) const;
    std::filesystem::path path(std::int64_t index) const;
    /// Of the item whose file this is, however the path is written.
    std::optional<std::int64_t> find(const std::filesystem::path& file) const;
    /// A JPEG file of at most 160 px a side, for decodeImage(); made from the source where it is not stored,
    /// and empty where that fails. Locks briefly; some 0.1 ms.
    std::vector<std::byte> thumbnail(std::int64_t index) const;

    /// Whether features of `model` can be compared with these; the Error names both models otherwise.
    void requireModel(const Model& model) const;

    class Impl;
    const Impl& impl() const { return *impl_; }

private:
    explicit Gallery(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Options of `dino index`: --gallery, --features, --layers, --storage, --whiten, --resize, --crop,
/// --relocate, --forget-missing, --strict, the model's and the common ones. For a gallery that is there, what
/// was not given is as it was made with; for a new one --precision auto is bf16 where that is fast.
const OptionSchema& indexOptions();

struct SkippedImage {
    std::filesystem::path file;
    std::string reason;
};

struct IndexReport {
    std::filesystem::path gallery;
    std::int64_t items = 0;  ///< now in it
    std::int64_t added = 0;
    std::int64_t updated = 0;
    std::int64_t removed = 0;
    std::int64_t unchanged = 0;
    std::int64_t recovered = 0;  ///< of a damaged gallery: taken over without computing
    std::int64_t forgotten = 0;  ///< vanished in this run or an earlier one, and known no more
    std::vector<SkippedImage> skipped;
    double seconds = 0;
    double imagesPerSecond = 0;  ///< of those computed; 0 where none was
    Placement placement;
    bool approximateDue = false;  ///< of indexFeatures(): buildApproximateIndex() is to follow
};

/// Brings the gallery that `options` name to the state of `source`: makes it if there is none, computes what
/// is new or changed, marks what vanished, and repairs what is damaged. Call on the engine's thread. Polls
/// between images; progress counts images. Cancelled or killed, it keeps what was finished, and the next call
/// goes on. Throws Error where the gallery is of another model or on other terms, was made of another folder
/// (see --relocate), is being written by another process, and for a folder without images.
IndexReport index(const std::filesystem::path& source, const OptionValues& options, JobControl& control);

/// The two parts of index(), so that a gallery can be opened before the second, which takes minutes a million
/// images: all but the approximate index; and that alone, as large as the matrix is now. Progress of the
/// second counts rows; cancelled, it leaves the index that was there. Both throw Error while another process
/// writes the gallery.
IndexReport indexFeatures(const std::filesystem::path& source, const OptionValues& options,
                          JobControl& control);
void buildApproximateIndex(const std::filesystem::path& gallery, JobControl& control);

/// How many images index() would forget with --forget-missing, marked as vanished or not. Polls; progress
/// counts images. Throws Error where none at all is there.
std::int64_t countMissing(const std::filesystem::path& gallery, JobControl& control);

/// The document of `dino index --json`.
std::string toJson(const IndexReport& report);

/// Tells a gallery that its source folder is now `source`. Throws Error unless most of its files are there.
void relocateGallery(const std::filesystem::path& gallery, const std::filesystem::path& source,
                     JobControl& control);

}  // namespace dinoscope::api
