#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/neighbours/store/checksum.h"
#include "engine/neighbours/store/sqlite.h"

namespace dinoscope {

/// An image of a gallery as its database knows it.
struct StoredImage {
    std::string name;           ///< below the source folder
    std::int64_t bytes = 0;     ///< of the file
    std::int64_t modified = 0;  ///< nanoseconds since 1970
    ContentHash content{};
    std::string label;     ///< class folder, empty where there is none
    std::int64_t row = 0;  ///< of the matrix
    /// When it was first not found, nanoseconds since 1970; 0 for an image that is there.
    std::int64_t vanished = 0;
};

/// gallery.sqlite: which images there are, and in which row of which matrix their features lie; and a second
/// copy of the gallery's record.
class ImageTable {
public:
    /// 2: images may be marked as vanished, and there is the copy of the record.
    static constexpr std::int64_t kVersion = 2;

    /// Throws Error for a newer version, DamagedDatabase for what cannot be trusted. An older version becomes
    /// this one when it is opened for writing, and can be read as it is.
    ImageTable(const std::filesystem::path& folder, Database::Mode mode);

    static std::filesystem::path file(const std::filesystem::path& folder);

    /// Of the matrix that the rows are of. 0 in a database that was just made.
    std::uint64_t generation();
    /// All images, in no order, and the generation they belong to, as of one moment. Rows that fail their
    /// checksum are counted, not returned.
    struct Snapshot {
        std::uint64_t generation = 0;
        std::vector<StoredImage> images;    ///< those that are there
        std::vector<StoredImage> vanished;  ///< those that were not there when last looked for
        std::int64_t damaged = 0;
    };
    Snapshot read();
    /// The copy of gallery.json; empty where there is none.
    std::string record();

    /// Each of these is whole on the disk when it returns, or not done at all.
    void keepRecord(const std::string& json);
    /// `removed` go first.
    void put(const std::vector<StoredImage>& images, const std::vector<std::string>& removed = {});
    void remove(const std::vector<std::string>& names);
    /// Everything anew.
    void replaceAll(std::uint64_t generation, const std::vector<StoredImage>& images);

private:
    std::int64_t version();
    void create();
    void extend();
    void erase(const std::vector<std::string>& names);
    void insert(const std::vector<StoredImage>& images);

    Database database_;
};

/// thumbnails.sqlite: small JPEG files by the content of what they show. A cache: it may be lost.
class ThumbnailTable {
public:
    /// Throws DamagedDatabase where it notices; the file may be removed then.
    ThumbnailTable(const std::filesystem::path& folder, Database::Mode mode);

    static std::filesystem::path file(const std::filesystem::path& folder);

    /// Empty where there is none, or it is damaged.
    std::vector<std::byte> find(const ContentHash& content);
    struct Entry {
        ContentHash content{};
        std::vector<std::byte> jpeg;
    };
    void put(const std::vector<Entry>& entries);
    /// Drops those of other contents.
    void keepOnly(const std::vector<StoredImage>& images);

private:
    Database database_;
};

}  // namespace dinoscope
