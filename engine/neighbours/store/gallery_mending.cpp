#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "engine/base/log.h"
#include "engine/neighbours/store/find_record.h"
#include "engine/neighbours/store/gallery_writer.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

/// 32 hexadecimal digits as 16 bytes; what is no digit counts as 0.
ContentHash toBytes(const std::string& fingerprint) {
    ContentHash bytes{};
    for (std::size_t i = 0; i < 2 * bytes.size() && i < fingerprint.size(); ++i) {
        const std::size_t digit = std::string_view("0123456789abcdef").find(fingerprint[i]);
        const auto value = static_cast<std::uint8_t>(digit == std::string_view::npos ? 0 : digit);
        bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4 | value);
    }
    return bytes;
}

void moveAside(const fs::path& file) {
    std::error_code ignored;
    fs::rename(file, file.string() + ".damaged", ignored);
    fs::remove(file.string() + "-journal", ignored);
}

std::string countOf(std::int64_t images) {
    return std::to_string(images) + (images == 1 ? " image" : " images");
}

/// "FILE: what is damaged": the repair follows, so that there is nothing left to be done about it.
std::string damageOf(const Error& error) {
    return error.where() + ": " + error.problem();
}

/// N of "features-N.bin", "hnsw-N.bin.check" and their like, 0 for a file of another name: people keep theirs
/// in such folders.
std::uint64_t generationOf(const std::string& file) {
    using Endings = std::vector<std::string_view>;
    const std::pair<std::string_view, Endings> kinds[]{{"features-", {".bin", ".keys"}},
                                                       {"hnsw-", {".bin", ".bin.check", ".bin.part"}}};
    for (const auto& [start, endings] : kinds) {
        if (!file.starts_with(start)) continue;
        std::uint64_t generation = 0;
        const char* last = file.data() + file.size();
        const auto read = std::from_chars(file.data() + start.size(), last, generation);
        if (read.ec != std::errc()) continue;
        const std::string_view ending(read.ptr, static_cast<std::size_t>(last - read.ptr));
        if (std::ranges::find(endings, ending) != endings.end()) return generation;
    }
    return 0;
}

void removeGraph(const fs::path& folder, std::uint64_t generation) {
    std::error_code ignored;
    for (const char* end : {".bin.check", ".bin", ".bin.part"})
        fs::remove(folder / ("hnsw-" + std::to_string(generation) + end), ignored);
}

}  // namespace

/// Images that are forgotten, by what became of them.
struct GalleryWriter::Losses {
    std::int64_t entries = 0;  ///< rows of the database that fail their checksum
    std::int64_t cut = 0;      ///< the matrix ends before their row
    std::int64_t broken = 0;   ///< rows of the matrix that fail their checksum
    std::int64_t foreign = 0;  ///< the row is another image's

    std::int64_t total() const { return entries + cut + broken + foreign; }
};

void GalleryWriter::openRecord(const GalleryRecord& wanted) {
    const auto found = findGalleryRecord(folder_);
    if (!found) {
        writeGalleryRecord(folder_, wanted);
        record_ = readRecordFile(folder_);
        return;
    }
    record_ = found->record;
    if (found->damage.empty()) return;
    writeGalleryRecord(folder_, record_);
    repair_.notes.push_back(found->damage + "; written anew from its copy in the database");
}

void GalleryWriter::openTable() {
    const fs::path file = ImageTable::file(folder_);
    try {
        table_ = std::make_unique<ImageTable>(folder_, Database::Mode::Write);
        table_->generation();
        table_->record();
    } catch (const DamagedDatabase& damage) {
        table_.reset();
        moveAside(file);
        repair_.notes.push_back(damageOf(damage) + "; rebuilt from the features that are whole");
        table_ = std::make_unique<ImageTable>(folder_, Database::Mode::Write);
    }
    const std::string json = formatGalleryRecord(record_);
    if (table_->record() != json) table_->keepRecord(json);
}

void GalleryWriter::openThumbnails() {
    try {
        thumbnails_ = std::make_unique<ThumbnailTable>(folder_, Database::Mode::Write);
    } catch (const DamagedDatabase& damage) {
        startThumbnailsAnew(damage);
    }
}

void GalleryWriter::startThumbnailsAnew(const DamagedDatabase& damage) {
    log::warn(damage.what());
    repair_.notes.push_back(damageOf(damage) + "; the thumbnails are made again when they are seen");
    thumbnails_.reset();
    moveAside(ThumbnailTable::file(folder_));
    thumbnails_ = std::make_unique<ThumbnailTable>(folder_, Database::Mode::Write);
}

/// Most damage shows when a page is met, not when the file is opened: to read all of it would take long.
void GalleryWriter::withThumbnails(const std::function<void()>& work) {
    try {
        work();
    } catch (const DamagedDatabase& damage) {
        startThumbnailsAnew(damage);
        work();
    }
}

FeatureMatrix GalleryWriter::openMended(std::uint64_t generation) {
    if (const auto mended = mendHeader(folder_, generation)) {
        repair_.notes.push_back(mended->string() +
                                ": the header was damaged; written anew from its copy in the other file");
    }
    return FeatureMatrix::open(folder_, generation);
}

/// Of the matrices that are there and fit the record, the one with the most whole rows; 0 for none.
std::uint64_t GalleryWriter::fullestGeneration() {
    const MatrixHeader wanted = described(0, false);
    std::uint64_t best = 0;
    std::int64_t most = -1;
    for (const std::uint64_t generation : matrixGenerations(folder_)) {
        try {
            const FeatureMatrix matrix = openMended(generation);
            if (matrix.header().model != wanted.model || matrix.header().type != wanted.type) continue;
            if (matrix.rows() <= most) continue;
            most = matrix.rows();
            best = generation;
        } catch (const Error& error) {
            log::warn(error.what());
        }
    }
    return best;
}

MatrixHeader GalleryWriter::described(std::uint64_t generation, bool whitened) const {
    MatrixHeader header;
    header.generation = generation;
    header.type = record_.terms.storage;
    header.model = toBytes(record_.terms.fingerprint);
    header.whitened = whitened;
    header.dim = whitened || record_.inputDim == 0 ? record_.terms.dim : record_.inputDim;
    return header;
}

std::unique_ptr<MatrixWriter> GalleryWriter::emptyMatrix(const MatrixHeader& header) const {
    std::error_code ignored;
    fs::remove(keysFile(folder_, header.generation), ignored);  // of a rewriting that was killed
    return std::make_unique<MatrixWriter>(folder_, header);
}

void GalleryWriter::openMatrix() {
    const std::uint64_t stored = table_->generation();
    const std::uint64_t generation = stored > 0 ? stored : std::max<std::uint64_t>(1, fullestGeneration());
    header_ = described(generation, false);
    try {
        if (stored > 0 || !isMissing(keysFile(folder_, generation))) {
            header_ = described(generation, openMended(generation).header().whitened);
        }
        matrix_ = std::make_unique<MatrixWriter>(folder_, header_);
    } catch (const DamagedMatrix& damage) {
        repair_.notes.push_back(damageOf(damage) + "; the features are computed again");
        const std::vector<std::uint64_t> others = matrixGenerations(folder_);
        header_ = described(std::max(generation, others.empty() ? 0 : others.back()) + 1, false);
        matrix_ = emptyMatrix(header_);
    }
    if (stored != header_.generation) {
        const ImageTable::Snapshot lost = table_->read();
        repair_.images += static_cast<std::int64_t>(lost.images.size() + lost.vanished.size());
        table_->replaceAll(header_.generation, {});
    }
    adoptRows();
}

void GalleryWriter::adoptRows() {
    mapped_ = FeatureMatrix::open(folder_, header_.generation, matrix_->rows());
    const std::vector<std::uint8_t> whole = mapped_->verify();
    images_.clear();
    vanished_.clear();
    vanishedOfRow_.clear();
    rowOfContent_.clear();
    used_.assign(whole.size(), 0);
    for (std::size_t row = 0; row < whole.size(); ++row) {
        const auto index = static_cast<std::int64_t>(row);
        if (whole[row]) rowOfContent_.emplace(mapped_->content(index), index);
    }
    adoptImages(table_->read(), whole);
}

/// Joins the images of the database with the rows of the matrix; what does not fit is forgotten.
void GalleryWriter::adoptImages(ImageTable::Snapshot snapshot, const std::vector<std::uint8_t>& whole) {
    Losses lost;
    lost.entries = snapshot.damaged;
    const auto fits = [&](const StoredImage& image) {
        const auto row = static_cast<std::size_t>(image.row);
        std::int64_t* loss = nullptr;
        if (row >= whole.size()) {
            loss = &lost.cut;
        } else if (!whole[row]) {
            loss = &lost.broken;
        } else if (used_[row] || vanishedOfRow_.contains(image.row) ||
                   mapped_->content(image.row) != image.content) {
            loss = &lost.foreign;
        }
        if (loss) ++*loss;
        return !loss;
    };
    const bool isNew = snapshot.images.empty() && snapshot.vanished.empty();
    for (StoredImage& image : snapshot.images) {
        if (!fits(image)) continue;
        used_[static_cast<std::size_t>(image.row)] = 1;
        std::string name = image.name;
        images_.emplace(std::move(name), std::move(image));
    }
    for (StoredImage& image : snapshot.vanished) {
        if (fits(image)) keepVanished(std::move(image));
    }
    repair_.images += lost.total();
    if (lost.total() > 0) table_->replaceAll(header_.generation, everyImage());
    // A graph of rows that are cut off would be taken for one of the rows that come in their place.
    if (lost.cut > 0) removeGraph(folder_, header_.generation);
    // Of a damaged row it is told when its image loses it, and not each time again: it stays in the file.
    // What images a database that was lost had, nobody knows.
    if (isNew) lost.broken = std::count(whole.begin(), whole.end(), std::uint8_t{0});
    note(lost);
}

void GalleryWriter::note(const Losses& lost) {
    const std::string rows = rowsFile(folder_, header_.generation).string();
    const std::string table = ImageTable::file(folder_).string();
    const auto add = [this](std::int64_t images, const std::string& before, const char* after) {
        if (images > 0) repair_.notes.push_back(before + countOf(images) + after);
    };
    add(lost.broken, rows + ": the features of ", " are damaged; they are computed again");
    add(lost.cut, rows + ": the matrix is shorter than it was and the features of ",
        " are lost; they are computed again");
    add(lost.foreign, table + ": the rows of ", " name features of others; they are read again");
    add(lost.entries, table + ": the rows of ", " are damaged; they are read again");
}

void GalleryWriter::removeOtherGenerations() const {
    std::vector<fs::path> others;
    std::error_code code;
    for (fs::directory_iterator entry(folder_, code), end; !code && entry != end; entry.increment(code)) {
        const std::uint64_t generation = generationOf(entry->path().filename().string());
        if (generation > 0 && generation != header_.generation) others.push_back(entry->path());
    }
    std::error_code ignored;
    for (const fs::path& file : others)
        fs::remove(file, ignored);
}

}  // namespace dinoscope
