#include "engine/neighbours/store/gallery_reader.h"

#include <algorithm>

#include "engine/data/folder_scan.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

bool before(const StoredImage& a, const StoredImage& b) {
    return listedBefore(a.name, b.name);
}

}  // namespace

bool listedBefore(std::string_view a, std::string_view b) {
    while (true) {
        const std::size_t endA = a.find('/');
        const std::size_t endB = b.find('/');
        const bool fileA = endA == std::string_view::npos;
        const bool fileB = endB == std::string_view::npos;
        if (fileA != fileB) return fileA;
        const std::string_view nameA = a.substr(0, endA);
        const std::string_view nameB = b.substr(0, endB);
        if (nameA != nameB) return naturalLess(nameA, nameB);
        if (fileA) return false;
        a.remove_prefix(endA + 1);
        b.remove_prefix(endB + 1);
    }
}

GalleryReader GalleryReader::open(const fs::path& folder, JobControl& control) {
    GalleryRecord record = readGalleryRecord(folder);
    control.poll();
    // A writer may replace the matrix between the two: then the second look finds both new.
    for (int attempt = 0;; ++attempt) {
        ImageTable table(folder, Database::Mode::Read);
        ImageTable::Snapshot snapshot = table.read();
        control.poll();
        try {
            GalleryReader reader(folder, record, FeatureMatrix::open(folder, snapshot.generation));
            reader.join(std::move(snapshot));
            control.poll();
            return reader;
        } catch (const Error&) {
            if (attempt > 0 || table.generation() == snapshot.generation) throw;
        }
    }
}

void GalleryReader::join(ImageTable::Snapshot snapshot) {
    const std::vector<std::uint8_t> whole = matrix_.verify();
    imageOfRow_.assign(whole.size(), -1);
    damaged_ = snapshot.damaged;
    std::vector<StoredImage>& stored = snapshot.images;
    if (!std::is_sorted(stored.begin(), stored.end(), before))
        std::sort(stored.begin(), stored.end(), before);
    images_.reserve(stored.size());
    for (StoredImage& image : stored) {
        const auto row = static_cast<std::size_t>(image.row);
        if (row >= whole.size() || !whole[row] || imageOfRow_[row] >= 0 ||
            matrix_.content(image.row) != image.content) {
            ++damaged_;
            continue;
        }
        imageOfRow_[row] = static_cast<std::int32_t>(images_.size());
        images_.push_back(std::move(image));
    }
}

std::optional<std::int64_t> GalleryReader::find(std::string_view name) const {
    const auto found = std::lower_bound(
        images_.begin(), images_.end(), name,
        [](const StoredImage& image, std::string_view wanted) { return listedBefore(image.name, wanted); });
    if (found == images_.end() || found->name != name) return std::nullopt;
    return found - images_.begin();
}

}  // namespace dinoscope
