#include "engine/neighbours/store/feature_matrix.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "engine/base/atomic_file.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 4096;  // a page, so that rows are aligned in the mapping
constexpr std::uint32_t kVersion = 1;
constexpr std::int64_t kMaxDim = 1 << 16;
constexpr std::int64_t kAlignment = 64;
constexpr char kRowsMagic[8] = {'D', 'I', 'N', 'O', 'R', 'O', 'W', 'S'};
constexpr char kKeysMagic[8] = {'D', 'I', 'N', 'O', 'K', 'E', 'Y', 'S'};

struct FileHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t type;
    std::uint64_t generation;
    std::uint64_t dim;
    std::uint64_t whitened;
    ContentHash model;
    std::uint64_t check;  // of what stands before
};
static_assert(sizeof(FileHeader) == 64);

struct KeyRecord {
    ContentHash content;
    std::uint64_t row;    // checksum of the row
    std::uint64_t check;  // of what stands before
};
static_assert(sizeof(KeyRecord) == 32);

template <typename Record>
std::uint64_t checkOf(const Record& record) {
    return checksum(std::as_bytes(std::span(&record, 1)).first(offsetof(Record, check)));
}

std::vector<std::byte> headerPage(const char (&magic)[8], const MatrixHeader& header) {
    FileHeader raw{};
    std::copy_n(magic, sizeof magic, raw.magic);
    raw.version = kVersion;
    raw.type = static_cast<std::uint32_t>(header.type);
    raw.generation = header.generation;
    raw.dim = static_cast<std::uint64_t>(header.dim);
    raw.whitened = header.whitened ? 1 : 0;
    raw.model = header.model;
    raw.check = checkOf(raw);
    std::vector<std::byte> page(kHeaderBytes);
    std::memcpy(page.data(), &raw, sizeof raw);
    return page;
}

MatrixHeader readHeader(std::span<const std::byte> bytes, const char (&magic)[8], const fs::path& file) {
    FileHeader raw{};
    if (bytes.size() >= kHeaderBytes) std::memcpy(&raw, bytes.data(), sizeof raw);
    if (bytes.size() < kHeaderBytes || std::memcmp(raw.magic, magic, sizeof magic) != 0) {
        throw DamagedMatrix("this is no matrix of features", file.string(),
                            "index the folder again to rebuild it");
    }
    const bool whole = raw.check == checkOf(raw);
    if (whole && raw.version > kVersion) {
        throw Error("the matrix is of a newer version of Dinoscope", file.string(), "use that version");
    }
    if (!whole || raw.type > 1 || raw.dim < 1 || raw.dim > static_cast<std::uint64_t>(kMaxDim)) {
        throw DamagedMatrix("the matrix's header is damaged", file.string(),
                            "index the folder again to rebuild it");
    }
    MatrixHeader header;
    header.generation = raw.generation;
    header.dim = static_cast<std::int64_t>(raw.dim);
    header.type = static_cast<StorageType>(raw.type);
    header.whitened = raw.whitened != 0;
    header.model = raw.model;
    return header;
}

void writeAll(int descriptor, std::span<const std::byte> bytes, std::size_t offset, const fs::path& file) {
    while (!bytes.empty()) {
        const ssize_t written = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw fileError("be written", file, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::size_t>(written);
    }
}

void flush(int descriptor, const fs::path& file) {
    if (fdatasync(descriptor) != 0) throw fileError("be flushed to the disk", file, errno);
}

int openForAppend(const fs::path& file) {
    const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) throw fileError("be opened for writing", file, errno);
    return descriptor;
}

KeyRecord recordAt(const std::byte* keys, std::int64_t index) {
    KeyRecord record;
    std::memcpy(&record, keys + static_cast<std::size_t>(index) * sizeof record, sizeof record);
    return record;
}

std::optional<MatrixHeader> wholeHeader(const fs::path& file, const char (&magic)[8]) {
    try {
        const MappedFile mapped(file);
        return readHeader(mapped.bytes(), magic, file);
    } catch (const DamagedMatrix&) {
        return std::nullopt;
    }
}

void overwriteStart(const fs::path& file, std::span<const std::byte> page) {
    const int descriptor = openForAppend(file);
    try {
        writeAll(descriptor, page, 0, file);
        flush(descriptor, file);
    } catch (...) {
        close(descriptor);
        throw;
    }
    close(descriptor);
}

std::uint16_t toBf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (value != value) return 0x7fc0;
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace

std::int64_t rowBytes(std::int64_t dim, StorageType type) {
    return (dim * bytesOf(type) + kAlignment - 1) / kAlignment * kAlignment;
}

fs::path rowsFile(const fs::path& folder, std::uint64_t generation) {
    return folder / ("features-" + std::to_string(generation) + ".bin");
}

fs::path keysFile(const fs::path& folder, std::uint64_t generation) {
    return folder / ("features-" + std::to_string(generation) + ".keys");
}

std::vector<std::uint64_t> matrixGenerations(const fs::path& folder) {
    constexpr std::string_view kStart = "features-";
    constexpr std::string_view kEnd = ".keys";
    std::vector<std::uint64_t> found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(kStart) || !name.ends_with(kEnd)) continue;
        std::uint64_t generation = 0;
        const char* last = name.data() + name.size() - kEnd.size();
        const auto read = std::from_chars(name.data() + kStart.size(), last, generation);
        std::error_code ignored;
        if (read.ec == std::errc() && read.ptr == last && fs::exists(rowsFile(folder, generation), ignored)) {
            found.push_back(generation);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

FeatureMatrix FeatureMatrix::open(const fs::path& folder, std::uint64_t generation, std::int64_t rows) {
    FeatureMatrix matrix;
    // The keys come first: the rows of those that are seen are there already.
    const fs::path keys = keysFile(folder, generation);
    const fs::path features = rowsFile(folder, generation);
    for (const fs::path& file : {keys, features}) {
        if (!isMissing(file)) continue;
        throw DamagedMatrix("a file of the gallery's features is missing", file.string(),
                            "index the folder again to compute them anew");
    }
    matrix.keysFile_ = std::make_shared<MappedFile>(keys);
    matrix.rowsFile_ = std::make_shared<MappedFile>(features);
    const auto keyBytes = matrix.keysFile_->bytes();
    const auto rowsBytes = matrix.rowsFile_->bytes();
    matrix.header_ = readHeader(rowsBytes, kRowsMagic, features);
    if (readHeader(keyBytes, kKeysMagic, keys) != matrix.header_) {
        throw DamagedMatrix("the keys are those of another matrix", keys.string(),
                            "index the folder again to rebuild it");
    }
    matrix.stride_ = rowBytes(matrix.header_.dim, matrix.header_.type);
    matrix.data_ = rowsBytes.data() + kHeaderBytes;
    matrix.keys_ = keyBytes.data() + kHeaderBytes;
    const auto whole = std::min((keyBytes.size() - kHeaderBytes) / sizeof(KeyRecord),
                                (rowsBytes.size() - kHeaderBytes) / static_cast<std::size_t>(matrix.stride_));
    matrix.rows_ = static_cast<std::int64_t>(whole);
    if (rows > matrix.rows_) {
        throw DamagedMatrix("the matrix is shorter than it was", features.string(),
                            "index the folder again to rebuild it");
    }
    if (rows >= 0) matrix.rows_ = rows;
    return matrix;
}

std::optional<fs::path> mendHeader(const fs::path& folder, std::uint64_t generation) {
    const fs::path features = rowsFile(folder, generation);
    const fs::path keys = keysFile(folder, generation);
    if (isMissing(features) || isMissing(keys)) return std::nullopt;
    const auto ofRows = wholeHeader(features, kRowsMagic);
    const auto ofKeys = wholeHeader(keys, kKeysMagic);
    if (ofRows.has_value() == ofKeys.has_value()) return std::nullopt;
    const MatrixHeader& whole = ofRows ? *ofRows : *ofKeys;
    if (whole.generation != generation) return std::nullopt;  // of a file that was renamed
    const fs::path& damaged = ofRows ? keys : features;
    // Killed in between, the page is still damaged, and mended by the next one.
    overwriteStart(damaged, ofRows ? headerPage(kKeysMagic, whole) : headerPage(kRowsMagic, whole));
    return damaged;
}

const ContentHash& FeatureMatrix::content(std::int64_t index) const {
    static_assert(offsetof(KeyRecord, content) == 0);
    return *reinterpret_cast<const ContentHash*>(keys_ + static_cast<std::size_t>(index) * sizeof(KeyRecord));
}

bool FeatureMatrix::isWhole(std::int64_t index) const {
    const KeyRecord record = recordAt(keys_, index);
    return record.check == checkOf(record) && record.row == checksum(row(index));
}

void FeatureMatrix::requireReadable() const {
    rowsFile_->requireWhole();
    keysFile_->requireWhole();
}

std::vector<std::uint8_t> FeatureMatrix::verify() const {
    constexpr std::int64_t kGrain = 1024;
    std::vector<std::uint8_t> whole(static_cast<std::size_t>(rows_));
    parallelFor(0, rows_, kGrain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            whole[static_cast<std::size_t>(i)] = isWhole(i) ? 1 : 0;
    });
    return whole;
}

MatrixWriter::MatrixWriter(const fs::path& folder, const MatrixHeader& header)
    : rowsPath_(rowsFile(folder, header.generation)),
      keysPath_(keysFile(folder, header.generation)),
      stride_(rowBytes(header.dim, header.type)) {
    std::error_code ignored;
    if (!fs::exists(keysPath_, ignored)) {
        // Rows without keys are nobody's.
        writeFileAtomically(rowsPath_, headerPage(kRowsMagic, header));
        writeFileAtomically(keysPath_, headerPage(kKeysMagic, header));
    }
    {
        const FeatureMatrix matrix = FeatureMatrix::open(folder, header.generation);
        if (matrix.header() != header) {
            throw DamagedMatrix("the matrix was made on other terms", rowsPath_.string(),
                                "index the folder again to rebuild it");
        }
        rows_ = matrix.rows();
    }
    rowsFile_ = openForAppend(rowsPath_);
    keysFile_ = openForAppend(keysPath_);
    const auto cut = [](int descriptor, std::size_t size, const fs::path& file) {
        if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) throw fileError("be cut", file, errno);
    };
    cut(keysFile_, kHeaderBytes + static_cast<std::size_t>(rows_) * sizeof(KeyRecord), keysPath_);
    cut(rowsFile_, kHeaderBytes + static_cast<std::size_t>(rows_ * stride_), rowsPath_);
}

MatrixWriter::~MatrixWriter() {
    if (rowsFile_ >= 0) close(rowsFile_);
    if (keysFile_ >= 0) close(keysFile_);
}

std::int64_t MatrixWriter::append(std::span<const std::byte> rows, std::span<const ContentHash> contents) {
    const auto stride = static_cast<std::size_t>(stride_);
    if (rows.size() != contents.size() * stride) throw Error("rows and keys of a matrix do not match");
    if (contents.empty()) return rows_;
    std::vector<KeyRecord> records;
    records.reserve(contents.size());
    for (std::size_t i = 0; i < contents.size(); ++i) {
        KeyRecord record{contents[i], checksum(rows.subspan(i * stride, stride)), 0};
        record.check = checkOf(record);
        records.push_back(record);
    }
    const auto first = static_cast<std::size_t>(rows_);
    writeAll(rowsFile_, rows, kHeaderBytes + first * stride, rowsPath_);
    flush(rowsFile_, rowsPath_);
    writeAll(keysFile_, std::as_bytes(std::span(records)), kHeaderBytes + first * sizeof(KeyRecord),
             keysPath_);
    flush(keysFile_, keysPath_);
    rows_ += static_cast<std::int64_t>(contents.size());
    return static_cast<std::int64_t>(first);
}

void encodeRow(std::span<const float> values, StorageType type, std::span<std::byte> row) {
    if (row.size() != static_cast<std::size_t>(rowBytes(static_cast<std::int64_t>(values.size()), type))) {
        throw Error("a feature of " + std::to_string(values.size()) +
                    " numbers does not belong into a row of " + std::to_string(row.size()) + " bytes");
    }
    std::fill(row.begin(), row.end(), std::byte{0});
    if (type == StorageType::Fp32) {
        std::memcpy(row.data(), values.data(), values.size_bytes());
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = toBf16(values[i]);
        std::memcpy(row.data() + i * sizeof bits, &bits, sizeof bits);
    }
}

void decodeRow(std::span<const std::byte> row, StorageType type, std::span<float> values) {
    if (row.size() < values.size() * static_cast<std::size_t>(bytesOf(type))) {
        throw Error("a row of " + std::to_string(row.size()) + " bytes does not hold a feature of " +
                    std::to_string(values.size()) + " numbers");
    }
    if (type == StorageType::Fp32) {
        std::memcpy(values.data(), row.data(), values.size_bytes());
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, row.data() + i * sizeof bits, sizeof bits);
        values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
    }
}

}  // namespace dinoscope
