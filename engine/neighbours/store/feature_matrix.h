#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/neighbours/store/checksum.h"
#include "engine/neighbours/store/gallery_terms.h"

namespace dinoscope {

/// A matrix that is none any more: what it held must be computed again.
class DamagedMatrix : public Error {
public:
    using Error::Error;
};

/// What the two files of a matrix begin with.
struct MatrixHeader {
    std::uint64_t generation = 1;  ///< a gallery's first matrix is 1; a rewritten one is the next
    std::int64_t dim = 0;
    StorageType type = StorageType::Fp32;
    bool whitened = false;
    ContentHash model{};  ///< fingerprint of the weights

    bool operator==(const MatrixHeader&) const = default;
};

/// Features of one row as bytes, in the matrix's type; padded with zeros to a multiple of 64 bytes.
std::int64_t rowBytes(std::int64_t dim, StorageType type);

/// features-N.bin holds rows of `dim` numbers, each row padded to rowBytes(), after a page of header.
/// features-N.keys holds 32 bytes a row: the image's content hash, the row's checksum and their own. A row
/// is there once its key is; both files only grow. Nothing in them is trusted.
class FeatureMatrix {
public:
    /// Maps the first `rows` rows, all that have keys if negative. Errors name the file; what is missing, no
    /// matrix, or shorter than `rows`, is a DamagedMatrix.
    static FeatureMatrix open(const std::filesystem::path& folder, std::uint64_t generation,
                              std::int64_t rows = -1);

    const MatrixHeader& header() const { return header_; }
    std::int64_t rows() const { return rows_; }
    std::int64_t stride() const { return stride_; }  ///< bytes from row to row
    /// 64-byte aligned.
    const std::byte* data() const { return data_; }
    std::span<const std::byte> row(std::int64_t index) const {
        return {data_ + index * stride_, static_cast<std::size_t>(stride_)};
    }
    const ContentHash& content(std::int64_t index) const;
    /// Whether the row is what was written.
    bool isWhole(std::int64_t index) const;
    /// Throws Error if rows could not be read any more, so that what was found in them is nothing.
    void requireReadable() const;
    /// isWhole() of every row, on all threads: a byte a row, 1 for whole.
    std::vector<std::uint8_t> verify() const;

private:
    FeatureMatrix() = default;

    std::shared_ptr<const MappedFile> rowsFile_;
    std::shared_ptr<const MappedFile> keysFile_;
    MatrixHeader header_;
    const std::byte* data_ = nullptr;
    const std::byte* keys_ = nullptr;
    std::int64_t stride_ = 0;
    std::int64_t rows_ = 0;
};

/// Appends to a matrix. One writer a matrix, by the gallery's lock.
class MatrixWriter {
public:
    /// Makes the files if they are not there; cuts off what a killed writer left unfinished.
    MatrixWriter(const std::filesystem::path& folder, const MatrixHeader& header);
    ~MatrixWriter();
    MatrixWriter(const MatrixWriter&) = delete;
    MatrixWriter& operator=(const MatrixWriter&) = delete;

    std::int64_t rows() const { return rows_; }

    /// `rows`: whole rows of rowBytes() each, one for each of `contents`. On the disk when it returns: the
    /// rows before the keys. Returns the number of the first.
    std::int64_t append(std::span<const std::byte> rows, std::span<const ContentHash> contents);

private:
    std::filesystem::path rowsPath_;
    std::filesystem::path keysPath_;
    std::int64_t stride_ = 0;
    std::int64_t rows_ = 0;
    int rowsFile_ = -1;
    int keysFile_ = -1;
};

std::filesystem::path rowsFile(const std::filesystem::path& folder, std::uint64_t generation);
std::filesystem::path keysFile(const std::filesystem::path& folder, std::uint64_t generation);

/// Generations whose both files are there, in ascending order.
std::vector<std::uint64_t> matrixGenerations(const std::filesystem::path& folder);

/// Where the header of one of a matrix's files is damaged, writes it anew from that of the other, which says
/// the same: the rows are told whole or not by checksums of their own. Returns the file that was mended,
/// nothing where none was or could be.
std::optional<std::filesystem::path> mendHeader(const std::filesystem::path& folder,
                                                std::uint64_t generation);

/// float -> the matrix's type, nearest even; the tail of the row is zero. Throws Error unless `row` is the
/// rowBytes() of so many values.
void encodeRow(std::span<const float> values, StorageType type, std::span<std::byte> row);
/// Throws Error where the row is too short for so many values.
void decodeRow(std::span<const std::byte> row, StorageType type, std::span<float> values);

}  // namespace dinoscope
