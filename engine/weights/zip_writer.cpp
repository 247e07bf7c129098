#include "engine/weights/zip_writer.h"

#include <zlib.h>

#include <algorithm>

namespace dinoscope {

namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kEntrySignature = 0x02014B50;
constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kEnd64Signature = 0x06064B50;
constexpr std::uint32_t kLocator64Signature = 0x07064B50;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kVersion64 = 45;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kExtraPadding = 0x4246;  // "FB", torch's own
constexpr std::uint16_t kDate = 0x21;            // 1980-01-01: the file depends on its content alone
constexpr std::uint32_t kElsewhere = 0xFFFFFFFF;

template <typename Number>
void put(std::string& bytes, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i)
        bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xFF);
}

}  // namespace

void ZipWriter::write(std::span<const std::byte> bytes) {
    file_.write(bytes.data(), bytes.size());
    position_ += bytes.size();
}

void ZipWriter::write(const std::string& bytes) {
    write(std::as_bytes(std::span(bytes)));
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> bytes) {
    const auto crc =
        static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
    const Entry entry{name, bytes.size(), position_, bytes.empty() ? 0 : crc};
    const bool is64 = entry.size >= zip64From_;
    std::string header;
    put(header, kLocalSignature);
    put(header, is64 ? kVersion64 : kVersion);
    put(header, std::uint16_t{0});  // flags
    put(header, std::uint16_t{0});  // stored
    put(header, std::uint16_t{0});  // time
    put(header, kDate);
    put(header, entry.crc);
    const auto size = is64 ? kElsewhere : static_cast<std::uint32_t>(entry.size);
    put(header, size);
    put(header, size);
    put(header, static_cast<std::uint16_t>(name.size()));
    std::string extra;
    if (is64) {
        put(extra, kExtra64);
        put(extra, std::uint16_t{16});
        put(extra, entry.size);
        put(extra, entry.size);
    }
    const std::uint64_t unpadded = position_ + header.size() + 2 + name.size() + extra.size() + 4;
    const std::size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
    put(extra, kExtraPadding);
    put(extra, static_cast<std::uint16_t>(padding));
    extra.append(padding, 'Z');
    put(header, static_cast<std::uint16_t>(extra.size()));
    write(header + name + extra);
    write(bytes);
    entries_.push_back(entry);
}

std::string ZipWriter::directoryEntry(const Entry& entry) const {
    const bool size64 = entry.size >= zip64From_;
    const bool offset64 = entry.offset >= zip64From_;
    std::string extra;
    if (size64 || offset64) {
        put(extra, kExtra64);
        put(extra, static_cast<std::uint16_t>((size64 ? 16 : 0) + (offset64 ? 8 : 0)));
        if (size64) {
            put(extra, entry.size);
            put(extra, entry.size);
        }
        if (offset64) put(extra, entry.offset);
    }
    const std::uint16_t version = extra.empty() ? kVersion : kVersion64;
    std::string bytes;
    put(bytes, kEntrySignature);
    put(bytes, version);  // made by
    put(bytes, version);  // needed
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint16_t{0});
    put(bytes, kDate);
    put(bytes, entry.crc);
    const auto size = size64 ? kElsewhere : static_cast<std::uint32_t>(entry.size);
    put(bytes, size);
    put(bytes, size);
    put(bytes, static_cast<std::uint16_t>(entry.name.size()));
    put(bytes, static_cast<std::uint16_t>(extra.size()));
    put(bytes, std::uint16_t{0});  // comment
    put(bytes, std::uint16_t{0});  // disk
    put(bytes, std::uint16_t{0});  // internal attributes
    put(bytes, std::uint32_t{0});  // external attributes
    put(bytes, offset64 ? kElsewhere : static_cast<std::uint32_t>(entry.offset));
    return bytes + entry.name + extra;
}

std::string ZipWriter::end(std::uint64_t offset, std::uint64_t size) const {
    constexpr std::uint64_t kMostEntries = 0xFFFF;
    const std::uint64_t count = entries_.size();
    std::string bytes;
    const bool is64 =
        offset >= zip64From_ || size >= zip64From_ || count >= std::min(kMostEntries, zip64From_);
    if (is64) {
        put(bytes, kEnd64Signature);
        put(bytes, std::uint64_t{44});  // what follows
        put(bytes, kVersion64);
        put(bytes, kVersion64);
        put(bytes, std::uint32_t{0});
        put(bytes, std::uint32_t{0});
        put(bytes, count);
        put(bytes, count);
        put(bytes, size);
        put(bytes, offset);
        put(bytes, kLocator64Signature);
        put(bytes, std::uint32_t{0});
        put(bytes, offset + size);
        put(bytes, std::uint32_t{1});
    }
    put(bytes, kEndSignature);
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint16_t{0});
    const auto shortCount = static_cast<std::uint16_t>(is64 ? kMostEntries : count);
    put(bytes, shortCount);
    put(bytes, shortCount);
    put(bytes, is64 ? kElsewhere : static_cast<std::uint32_t>(size));
    put(bytes, is64 ? kElsewhere : static_cast<std::uint32_t>(offset));
    put(bytes, std::uint16_t{0});
    return bytes;
}

void ZipWriter::finish() {
    const std::uint64_t offset = position_;
    for (const Entry& entry : entries_)
        write(directoryEntry(entry));
    write(end(offset, position_ - offset));
}

}  // namespace dinoscope
