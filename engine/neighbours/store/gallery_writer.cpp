#include "engine/neighbours/store/gallery_writer.h"

#include <algorithm>
#include <utility>

#include "engine/base/atomic_file.h"
#include "engine/neighbours/store/missing_images.h"

namespace dinoscope {

namespace fs = std::filesystem;

GalleryWriter::GalleryWriter(const fs::path& folder, const GalleryRecord& wanted) : folder_(folder) {
    makeFolder(folder);
    lock_ = std::make_unique<GalleryLock>(folder);
    openRecord(wanted);
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
    std::vector<std::string> renamed;
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
        // A row that no image has any more is taken over, others are copied: one row, one image.
        if (known != rowOfContent_.end() && !used_[static_cast<std::size_t>(known->second)]) {
            entry.row = known->second;
            used_[static_cast<std::size_t>(entry.row)] = 1;
            const auto former = vanishedOfRow_.find(entry.row);
            if (former != vanishedOfRow_.end()) renamed.push_back(former->second);
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
    withThumbnails([&] { thumbnails_->put(thumbnails); });
    table_->put(stored, renamed);
    used_.resize(static_cast<std::size_t>(matrix_->rows()), 1);
    for (const std::string& name : renamed)
        dropVanished(name);
    for (StoredImage& image : stored) {
        dropVanished(image.name);
        rowOfContent_.emplace(image.content, image.row);
        StoredImage& slot = images_[image.name];
        if (!slot.name.empty() && slot.row != image.row) used_[static_cast<std::size_t>(slot.row)] = 0;
        slot = std::move(image);
    }
}

void GalleryWriter::remove(const std::vector<std::string>& names) {
    table_->remove(names);
    for (const std::string& name : names) {
        dropVanished(name);
        const auto found = images_.find(name);
        if (found == images_.end()) continue;
        used_[static_cast<std::size_t>(found->second.row)] = 0;
        images_.erase(found);
    }
}

void GalleryWriter::markVanished(const std::vector<std::string>& names, std::int64_t when) {
    std::vector<StoredImage> marked;
    for (const std::string& name : names) {
        const auto found = images_.find(name);
        if (found == images_.end()) continue;
        marked.push_back(found->second);
        marked.back().vanished = when;
    }
    table_->put(marked);
    for (StoredImage& image : marked) {
        used_[static_cast<std::size_t>(image.row)] = 0;
        images_.erase(image.name);
        keepVanished(std::move(image));
    }
}

void GalleryWriter::restore(const std::vector<std::string>& names) {
    std::vector<StoredImage> restored;
    for (const std::string& name : names) {
        const auto found = vanished_.find(name);
        if (found == vanished_.end()) continue;
        restored.push_back(found->second);
        restored.back().vanished = 0;
    }
    table_->put(restored);
    for (StoredImage& image : restored) {
        dropVanished(image.name);
        used_[static_cast<std::size_t>(image.row)] = 1;
        std::string name = image.name;
        images_.emplace(std::move(name), std::move(image));
    }
}

std::int64_t GalleryWriter::forgetMissing(JobControl& control) {
    const std::vector<std::string> missing = missingImages(record_.source, everyImage(), control);
    remove(missing);
    return static_cast<std::int64_t>(missing.size());
}

void GalleryWriter::keepVanished(StoredImage image) {
    vanishedOfRow_.emplace(image.row, image.name);
    std::string name = image.name;
    vanished_.emplace(std::move(name), std::move(image));
}

void GalleryWriter::dropVanished(const std::string& name) {
    const auto found = vanished_.find(name);
    if (found == vanished_.end()) return;
    vanishedOfRow_.erase(found->second.row);
    vanished_.erase(found);
}

std::vector<StoredImage> GalleryWriter::everyImage() const {
    std::vector<StoredImage> all;
    all.reserve(images_.size() + vanished_.size());
    for (const auto& [name, image] : images_)
        all.push_back(image);
    for (const auto& [name, image] : vanished_)
        all.push_back(image);
    return all;
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
    const MatrixHeader header = described(header_.generation + 1, whitened);
    std::vector<StoredImage> images = everyImage();
    std::sort(images.begin(), images.end(),
              [](const StoredImage& a, const StoredImage& b) { return a.row < b.row; });
    auto writer = emptyMatrix(header);
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
    switchTo(header, std::move(writer), images);
}

void GalleryWriter::discardFeatures() {
    const MatrixHeader header = described(header_.generation + 1, false);
    switchTo(header, emptyMatrix(header), {});
}

void GalleryWriter::switchTo(const MatrixHeader& header, std::unique_ptr<MatrixWriter> matrix,
                             const std::vector<StoredImage>& images) {
    table_->replaceAll(header.generation, images);
    header_ = header;
    matrix_ = std::move(matrix);
    adoptRows();
    removeOtherGenerations();
}

void GalleryWriter::tidy(JobControl& control) {
    constexpr std::int64_t kWorthIt = 1024;
    const std::int64_t unused =
        matrix_->rows() - static_cast<std::int64_t>(images_.size() + vanished_.size());
    if (unused > kWorthIt && unused > matrix_->rows() / 4) {
        rewrite(
            header_.whitened, [](const std::vector<float>& row) { return row; }, control);
    }
    withThumbnails([this] { thumbnails_->keepOnly(everyImage()); });
}

}  // namespace dinoscope
