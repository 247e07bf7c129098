#include "engine/weights/zip_archive.h"

#include <zlib.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/printable.h"

namespace dinoscope {

namespace {

// The records of a zip file (APPNOTE.TXT, section 4.3).
constexpr std::uint64_t kLocalHeader = 0x04034b50;
constexpr std::uint64_t kCentralHeader = 0x02014b50;
constexpr std::string_view kEndMark = "PK\5\6";
constexpr std::uint64_t kZip64End = 0x06064b50;
constexpr std::uint64_t kZip64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderSize = 30;
constexpr std::uint64_t kCentralHeaderSize = 46;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kZip64EndSize = 56;
constexpr std::uint64_t kZip64LocatorSize = 20;
constexpr std::uint64_t kMostComment = 0xFFFF;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // the value is in the zip64 record

constexpr std::size_t kMostEntries = 1'000'000;
constexpr std::size_t kMostNameBytes = 1000;
constexpr std::uint64_t kMostRatio = 1032;  // deflate cannot pack any tighter

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)) {
    const Directory directory = findDirectory();
    if (directory.count > kMostEntries || directory.count > directory.size / kCentralHeaderSize) {
        fail("its directory claims " + std::to_string(directory.count) + " entries");
    }
    entries_.reserve(static_cast<std::size_t>(directory.count));
    std::uint64_t offset = directory.offset;
    for (std::uint64_t i = 0; i < directory.count; ++i) {
        offset = readEntry(offset);
        if (offset > directory.offset + directory.size) fail("its directory is longer than it says");
        locateData(entries_.back(), directory.offset);
    }
    checkOverlap();
    byName_.reserve(entries_.size());
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!byName_.emplace(entries_[i].name, i).second) {
            fail("it holds two entries named " + printable(entries_[i].name));
        }
    }
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
    const auto found = byName_.find(name);
    return found == byName_.end() ? nullptr : &entries_[found->second];
}

std::span<const std::byte> ZipArchive::stored(const ZipEntry& entry) const {
    if (!entry.stored) {
        throw Error(
            "its entry " + printable(entry.name) + " is compressed", where_,
            "unpack it and pack it again without compression (zip -0 -r), or save it anew with torch.save");
    }
    return piece(entry.dataOffset, entry.size);
}

std::string ZipArchive::read(const ZipEntry& entry, std::size_t limit) const {
    if (entry.size > limit) {
        fail("its entry " + printable(entry.name) + " is larger than " + std::to_string(limit >> 20) + " MB");
    }
    const std::span<const std::byte> packed = piece(entry.dataOffset, entry.compressedSize);
    if (packed.size() > limit || entry.size / kMostRatio > packed.size()) {
        fail("the sizes of its entry " + printable(entry.name) + " do not belong together");
    }
    std::string result(static_cast<std::size_t>(entry.size), '\0');
    if (entry.stored) {
        std::copy_n(reinterpret_cast<const char*>(packed.data()), packed.size(), result.data());
    } else {
        z_stream stream{};
        if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
        stream.avail_in = static_cast<uInt>(packed.size());
        stream.next_out = reinterpret_cast<Bytef*>(result.data());
        stream.avail_out = static_cast<uInt>(result.size());
        const int code = inflate(&stream, Z_FINISH);
        const bool whole = code == Z_STREAM_END && stream.total_out == result.size();
        inflateEnd(&stream);
        if (!whole) fail("its entry " + printable(entry.name) + " cannot be unpacked");
    }
    checkSum(entry, std::as_bytes(std::span(result)));
    return result;
}

void ZipArchive::verify() const {
    for (const ZipEntry& entry : entries_) {
        if (entry.stored) checkSum(entry, stored(entry));
    }
}

void ZipArchive::checkSum(const ZipEntry& entry, std::span<const std::byte> unpacked) const {
    const uLong crc =
        crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(unpacked.data()), unpacked.size());
    if (crc != entry.crc) fail("the checksum of its entry " + printable(entry.name) + " is wrong");
}

void ZipArchive::fail(const std::string& problem) const {
    throw Error("this zip file is damaged: " + problem, where_, "download the file again");
}

std::span<const std::byte> ZipArchive::piece(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) fail("it is cut short");
    return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

std::uint64_t ZipArchive::number(std::uint64_t offset, std::size_t width) const {
    const std::span<const std::byte> digits = piece(offset, width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;)
        value = value << 8 | std::to_integer<std::uint64_t>(digits[i]);
    return value;
}

std::string_view ZipArchive::text(std::uint64_t offset, std::uint64_t size) const {
    const std::span<const std::byte> found = piece(offset, size);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
}

/// The end record is the last thing in the file but for a comment of known length.
ZipArchive::Directory ZipArchive::findDirectory() const {
    if (bytes_.size() < kEndSize) fail("it is cut short");
    const std::uint64_t last = bytes_.size() - kEndSize;
    const std::uint64_t first = last > kMostComment ? last - kMostComment : 0;
    const std::string_view tail = text(first, bytes_.size() - first);
    for (std::size_t found = tail.rfind(kEndMark); found != std::string_view::npos;
         found = found > 0 ? tail.rfind(kEndMark, found - 1) : std::string_view::npos) {
        const std::uint64_t end = first + found;
        if (end > last || number(end + 20, 2) != last - end) continue;
        if (number(end + 4, 2) != 0 && number(end + 4, 2) != 0xFFFF) fail("it is one part of several");
        Directory directory{
            .offset = number(end + 16, 4), .size = number(end + 12, 4), .count = number(end + 10, 2)};
        readZip64Directory(end, directory);
        if (directory.offset > end || directory.size > end - directory.offset) {
            fail("its directory lies outside the file");
        }
        return directory;
    }
    fail("its directory is missing, so it is cut short");
}

void ZipArchive::readZip64Directory(std::uint64_t end, Directory& directory) const {
    if (end < kZip64LocatorSize || number(end - kZip64LocatorSize, 4) != kZip64Locator) return;
    const std::uint64_t record = number(end - kZip64LocatorSize + 8, 8);
    const std::span<const std::byte> whole = piece(record, kZip64EndSize);
    if (whole.empty() || number(record, 4) != kZip64End) fail("its zip64 directory is missing");
    directory = {
        .offset = number(record + 48, 8), .size = number(record + 40, 8), .count = number(record + 32, 8)};
}

/// Reads the directory's entry at `offset` and returns where the next one begins.
std::uint64_t ZipArchive::readEntry(std::uint64_t offset) {
    piece(offset, kCentralHeaderSize);
    if (number(offset, 4) != kCentralHeader) fail("its directory is overwritten");
    const std::uint64_t flags = number(offset + 8, 2);
    const std::uint64_t method = number(offset + 10, 2);
    const std::uint64_t nameSize = number(offset + 28, 2);
    const std::uint64_t extraSize = number(offset + 30, 2);
    const std::uint64_t commentSize = number(offset + 32, 2);
    ZipEntry entry;
    entry.name = text(offset + kCentralHeaderSize, nameSize);
    checkName(entry.name);
    entry.crc = static_cast<std::uint32_t>(number(offset + 16, 4));
    entry.compressedSize = number(offset + 20, 4);
    entry.size = number(offset + 24, 4);
    entry.headerOffset = number(offset + 42, 4);
    readZip64Extra(text(offset + kCentralHeaderSize + nameSize, extraSize), entry);
    if (flags & 1) fail("its entry " + printable(entry.name) + " is encrypted");
    if (method != 0 && method != 8)
        fail("its entry " + printable(entry.name) + " is packed in an unknown way");
    entry.stored = method == 0;
    if (entry.stored && entry.size != entry.compressedSize) {
        fail("its entry " + printable(entry.name) + " has two sizes");
    }
    entries_.push_back(std::move(entry));
    return offset + kCentralHeaderSize + nameSize + extraSize + commentSize;
}

/// Field 1 holds, in this order, those of the values that did not fit into 32 bits.
void ZipArchive::readZip64Extra(std::string_view extra, ZipEntry& entry) const {
    const auto little = [](std::string_view digits) {
        std::uint64_t value = 0;
        for (std::size_t i = digits.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(digits[i]);
        return value;
    };
    while (extra.size() >= 4) {
        const std::uint64_t tag = little(extra.substr(0, 2));
        const std::uint64_t size = little(extra.substr(2, 2));
        if (size > extra.size() - 4) return;  // padding that is no field: harmless
        std::string_view field = extra.substr(4, static_cast<std::size_t>(size));
        extra.remove_prefix(4 + static_cast<std::size_t>(size));
        if (tag != 1) continue;
        for (std::uint64_t* value : {&entry.size, &entry.compressedSize, &entry.headerOffset}) {
            if (*value != kIn64) continue;
            if (field.size() < 8) fail("the size of its entry " + printable(entry.name) + " is missing");
            *value = little(field.substr(0, 8));
            field.remove_prefix(8);
        }
        return;
    }
}

void ZipArchive::checkName(const std::string& name) const {
    const bool harmless = !name.empty() && name.size() <= kMostNameBytes && name[0] != '/' &&
                          name.find('\\') == std::string::npos && name.find('\0') == std::string::npos &&
                          ("/" + name + "/").find("/../") == std::string::npos;
    if (!harmless) fail("it holds an entry with the improper name " + printable(name));
}

void ZipArchive::locateData(ZipEntry& entry, std::uint64_t directoryOffset) const {
    piece(entry.headerOffset, kLocalHeaderSize);
    const std::uint64_t nameSize = number(entry.headerOffset + 26, 2);
    if (number(entry.headerOffset, 4) != kLocalHeader ||
        text(entry.headerOffset + kLocalHeaderSize, nameSize) != entry.name) {
        fail("its entry " + printable(entry.name) + " is not where its directory says");
    }
    const std::uint64_t extraSize = number(entry.headerOffset + 28, 2);
    entry.dataOffset = entry.headerOffset + kLocalHeaderSize + nameSize + extraSize;
    if (entry.dataOffset > directoryOffset || entry.compressedSize > directoryOffset - entry.dataOffset) {
        fail("its entry " + printable(entry.name) + " reaches beyond the file");
    }
}

void ZipArchive::checkOverlap() const {
    std::vector<const ZipEntry*> sorted;
    sorted.reserve(entries_.size());
    for (const ZipEntry& entry : entries_)
        sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(),
              [](const ZipEntry* a, const ZipEntry* b) { return a->headerOffset < b->headerOffset; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        if (sorted[i - 1]->dataOffset + sorted[i - 1]->compressedSize > sorted[i]->headerOffset) {
            fail("its entries " + printable(sorted[i - 1]->name) + " and " + printable(sorted[i]->name) +
                 " overlap");
        }
    }
}

}  // namespace dinoscope
