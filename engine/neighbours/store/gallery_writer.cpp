#include "engine/neighbours/store/gallery_writer.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "engine/base/atomic_file.h"
#include "engine/base/log.h"

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

}  // namespace

GalleryWriter::GalleryWriter(const fs::path& folder, const GalleryRecord& wanted) : folder_(folder) {
    makeFolder(folder);
    lock_ = std::make_unique<GalleryLock>(folder);
    std::error_code code;
    if (!fs::exists(recordFile(folder), code)) writeGalleryRecord(folder, wanted);
    record_ = readGalleryRecord(folder);
    requireSameTerms(record_.terms, wanted.terms, folder);
    if (record_.source != wanted.source) {
        throw Error(
            "the gallery was made of " + record_.source.string() + ", not of " + wanted.source.string(),
            folder.string(), "give --relocate if that folder was moved there, or index into another gallery");
    }
    openTable();
    openMatrix();
    openThumbnails();
    removeOtherGenerations();
}

void GalleryWriter::openTable() {
    const fs::path file = ImageTable::file(folder_);
    try {
        table_ = std::make_unique<ImageTable>(folder_, Database::Mode::Write);
        table_->generation();
    } catch (const DamagedDatabase& damage) {
        table_.reset();
        moveAside(file);
        repair_.notes.push_back(std::string(damage.what()) + "; rebuilt from the features that are whole");
        table_ = std::make_unique<ImageTable>(folder_, Database::Mode::Write);
    }
}

/// Of the matrices that are there and fit the record, the one with the most whole rows; 0 for none.
std::uint64_t GalleryWriter::fullestGeneration() const {
    std::uint64_t best = 0;
    std::int64_t most = -1;
    for (const std::uint64_t generation : matrixGenerations(folder_)) {
        try {
            const FeatureMatrix matrix = FeatureMatrix::open(folder_, generation);
            const MatrixHeader& header = matrix.header();
            if (header.model != toBytes(record_.terms.fingerprint) || header.type != record_.terms.storage) {
                continue;
            }
            if (matrix.rows() <= most) continue;
            most = matrix.rows();
            best = generation;
        } catch (const Error& error) {
            log::warn(error.what());
        }
    }
    return best;
}

void GalleryWriter::describeMatrix(std::uint64_t generation, bool whitened) {
    header_.generation = generation;
    header_.type = record_.terms.storage;
    header_.model = toBytes(record_.terms.fingerprint);
    header_.whitened = whitened;
    header_.dim = whitened || record_.inputDim == 0 ? record_.terms.dim : record_.inputDim;
}

void GalleryWriter::openMatrix() {
    const std::uint64_t stored = table_->generation();
    const std::uint64_t generation = stored > 0 ? stored : std::max<std::uint64_t>(1, fullestGeneration());
    std::error_code code;
    describeMatrix(generation, false);
    try {
        if (fs::exists(keysFile(folder_, generation), code)) {
            describeMatrix(generation, FeatureMatrix::open(folder_, generation).header().whitened);
        } else if (stored > 0) {
            throw DamagedMatrix("the matrix is not there", rowsFile(folder_, generation).string());
        }
        matrix_ = std::make_unique<MatrixWriter>(folder_, header_);
    } catch (const DamagedMatrix& damage) {
        repair_.notes.push_back(std::string(damage.what()) + "; the features are computed again");
        const std::vector<std::uint64_t> others = matrixGenerations(folder_);
        describeMatrix(std::max(generation, others.empty() ? 0 : others.back()) + 1, false);
        matrix_ = std::make_unique<MatrixWriter>(folder_, header_);
    }
    if (stored != header_.generation) {
        repair_.images += static_cast<std::int64_t>(table_->read().images.size());
        table_->replaceAll(header_.generation, {});
    }
    adoptRows();
}

/// Joins the images of the database with the rows of the matrix; what does not fit is forgotten.
void GalleryWriter::adoptRows() {
    mapped_ = FeatureMatrix::open(folder_, header_.generation, matrix_->rows());
    const std::vector<std::uint8_t> whole = mapped_->verify();
    used_.assign(whole.size(), 0);
    std::int64_t brokenRows = 0;
    for (std::size_t row = 0; row < whole.size(); ++row) {
        if (whole[row]) {
            rowOfContent_.emplace(mapped_->content(static_cast<std::int64_t>(row)), row);
        } else {
            ++brokenRows;
        }
    }
    dropDamaged(table_->read());
    if (brokenRows > 0) {
        repair_.notes.push_back(rowsFile(folder_, header_.generation).string() + ": the features of " +
                                countOf(brokenRows) + " are damaged; they are computed again");
    }
}

void GalleryWriter::dropDamaged(ImageTable::Snapshot snapshot) {
    bool lost = snapshot.damaged > 0;
    std::int64_t forgotten = snapshot.damaged;
    for (StoredImage& image : snapshot.images) {
        const auto row = static_cast<std::size_t>(image.row);
        const bool fits = row < used_.size() && !used_[row] && mapped_->isWhole(image.row) &&
                          mapped_->content(image.row) == image.content;
        if (!fits) {
            lost = true;
            ++forgotten;
            continue;
        }
        used_[row] = 1;
        std::string name = image.name;
        images_.emplace(std::move(name), std::move(image));
    }
    if (!lost) return;
    repair_.images += forgotten;
    std::vector<StoredImage> kept;
    for (const auto& [name, image] : images_)
        kept.push_back(image);
    table_->replaceAll(header_.generation, kept);
    if (snapshot.damaged > 0) {
        repair_.notes.push_back(ImageTable::file(folder_).string() + ": the rows of " +
                                countOf(snapshot.damaged) + " are damaged; they are read again");
    }
}

void GalleryWriter::openThumbnails() {
    try {
        thumbnails_ = std::make_unique<ThumbnailTable>(folder_, Database::Mode::Write);
    } catch (const DamagedDatabase& damage) {
        repair_.notes.push_back(std::string(damage.what()) +
                                "; the thumbnails are made again when they are seen");
        moveAside(ThumbnailTable::file(folder_));
        thumbnails_ = std::make_unique<ThumbnailTable>(folder_, Database::Mode::Write);
    }
}

const FeatureMatrix& GalleryWriter::mapped(std::int64_t row) {
    if (row >= mapped_->rows()) {
        mapped_ = FeatureMatrix::open(folder_, header_.generation, matrix_->rows());
    }
    return *mapped_;
}

std::vector<std::byte> GalleryWriter::rowOf(const NewImage& image) {
    const auto stride = static_cast<std::size_t>(rowBytes(header_.dim, header_.type));
    std::vector<std::byte> row(stride);
    if (image.feature.empty()) {
        const std::int64_t known = rowOfContent_.at(image.content);
        const auto bytes = mapped(known).row(known);
        std::copy(bytes.begin(), bytes.end(), row.begin());
    } else {
        if (static_cast<std::int64_t>(image.feature.size()) != header_.dim) {
            throw Error("a feature of " + std::to_string(image.feature.size()) +
                        " numbers does not belong into a matrix of " + std::to_string(header_.dim));
        }
        encodeRow(image.feature, header_.type, row);
    }
    return row;
}

void GalleryWriter::put(const std::vector<NewImage>& images) {
    std::vector<StoredImage> stored;
    std::vector<ThumbnailTable::Entry> thumbnails;
    std::vector<std::byte> rows;
    std::vector<ContentHash> contents;
    for (const NewImage& image : images) {
        StoredImage entry{image.name, image.bytes, image.modified, image.content, image.label, -1};
        const auto known = rowOfContent_.find(image.content);
        const auto before = images_.find(image.name);
        if (before != images_.end() && before->second.content == image.content) {
            entry.row = before->second.row;
            stored.push_back(std::move(entry));
            continue;
        }
        // A row that nothing names any more is taken over, others are copied: one row, one image.
        if (known != rowOfContent_.end() && !used_[static_cast<std::size_t>(known->second)]) {
            entry.row = known->second;
            used_[static_cast<std::size_t>(entry.row)] = 1;
        } else {
            const auto row = rowOf(image);
            rows.insert(rows.end(), row.begin(), row.end());
            entry.row = matrix_->rows() + static_cast<std::int64_t>(contents.size());
            contents.push_back(image.content);
        }
        stored.push_back(std::move(entry));
        if (!image.thumbnail.empty()) thumbnails.push_back({image.content, image.thumbnail});
    }
    matrix_->append(rows, contents);
    thumbnails_->put(thumbnails);
    table_->put(stored);
    used_.resize(static_cast<std::size_t>(matrix_->rows()), 1);
    for (StoredImage& image : stored) {
        rowOfContent_.emplace(image.content, image.row);
        StoredImage& slot = images_[image.name];
        if (!slot.name.empty() && slot.row != image.row) used_[static_cast<std::size_t>(slot.row)] = 0;
        slot = std::move(image);
    }
}

void GalleryWriter::remove(const std::vector<std::string>& names) {
    table_->remove(names);
    for (const std::string& name : names) {
        const auto found = images_.find(name);
        if (found == images_.end()) continue;
        used_[static_cast<std::size_t>(found->second.row)] = 0;
        images_.erase(found);
    }
}

std::vector<float> GalleryWriter::sample(std::int64_t limit) const {
    std::vector<std::int64_t> rows;
    for (const auto& [name, image] : images_)
        rows.push_back(image.row);
    std::sort(rows.begin(), rows.end());
    const auto total = static_cast<std::int64_t>(rows.size());
    const std::int64_t count = std::min(limit, total);
    const FeatureMatrix matrix = FeatureMatrix::open(folder_, header_.generation, matrix_->rows());
    const auto dim = static_cast<std::size_t>(header_.dim);
    std::vector<float> values(static_cast<std::size_t>(count) * dim);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t row = rows[static_cast<std::size_t>(i * total / count)];
        decodeRow(matrix.row(row), header_.type,
                  std::span(values).subspan(static_cast<std::size_t>(i) * dim, dim));
    }
    return values;
}

void GalleryWriter::rewrite(bool whitened, const RowTransform& transform, JobControl& control) {
    constexpr std::size_t kRowsAtOnce = 4096;
    const MatrixHeader before = header_;
    describeMatrix(before.generation + 1, whitened);
    const MatrixHeader header = std::exchange(header_, before);
    std::vector<StoredImage> images;
    for (const auto& [name, image] : images_)
        images.push_back(image);
    std::sort(images.begin(), images.end(),
              [](const StoredImage& a, const StoredImage& b) { return a.row < b.row; });
    // Of a rewriting that was killed.
    std::error_code ignored;
    fs::remove(keysFile(folder_, header.generation), ignored);
    auto writer = std::make_unique<MatrixWriter>(folder_, header);
    const FeatureMatrix matrix = FeatureMatrix::open(folder_, header_.generation, matrix_->rows());
    const auto stride = static_cast<std::size_t>(rowBytes(header.dim, header.type));
    std::vector<float> values(static_cast<std::size_t>(header_.dim));
    for (std::size_t first = 0; first < images.size(); first += kRowsAtOnce) {
        control.poll();
        const std::size_t last = std::min(images.size(), first + kRowsAtOnce);
        std::vector<std::byte> rows((last - first) * stride);
        std::vector<ContentHash> contents;
        for (std::size_t i = first; i < last; ++i) {
            decodeRow(matrix.row(images[i].row), header_.type, values);
            encodeRow(transform(values), header.type, std::span(rows).subspan((i - first) * stride, stride));
            contents.push_back(images[i].content);
            images[i].row = static_cast<std::int64_t>(i);
        }
        writer->append(rows, contents);
    }
    table_->replaceAll(header.generation, images);
    header_ = header;
    matrix_ = std::move(writer);
    images_.clear();
    rowOfContent_.clear();
    adoptRows();
    removeOtherGenerations();
}

void GalleryWriter::tidy(JobControl& control) {
    constexpr std::int64_t kWorthIt = 1024;
    const std::int64_t unused = matrix_->rows() - static_cast<std::int64_t>(images_.size());
    if (unused > kWorthIt && unused > matrix_->rows() / 4) {
        rewrite(
            header_.whitened, [](const std::vector<float>& row) { return row; }, control);
    }
    std::vector<StoredImage> images;
    for (const auto& [name, image] : images_)
        images.push_back(image);
    thumbnails_->keepOnly(images);
}

void GalleryWriter::removeOtherGenerations() const {
    std::error_code ignored;
    for (const std::uint64_t generation : matrixGenerations(folder_)) {
        if (generation == header_.generation) continue;
        fs::remove(keysFile(folder_, generation), ignored);
        fs::remove(rowsFile(folder_, generation), ignored);
        for (const char* end : {".bin", ".bin.check", ".bin.part"})
            fs::remove(folder_ / ("hnsw-" + std::to_string(generation) + end), ignored);
    }
}

}  // namespace dinoscope
