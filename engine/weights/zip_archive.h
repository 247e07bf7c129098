#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dinoscope {

/// A file inside a ZipArchive.
struct ZipEntry {
    std::string name;
    std::uint64_t size = 0;            ///< once unpacked
    std::uint64_t compressedSize = 0;  ///< as it lies in the file
    std::uint64_t headerOffset = 0;
    std::uint64_t dataOffset = 0;
    std::uint32_t crc = 0;
    bool stored = true;  ///< not compressed
};

/// The directory of a zip file (zip64 too) that lies in memory, which must outlive it. Everything in it is
/// checked before it is used: counts and sizes against the file, entries against overlap, names against "..",
/// doubles and absolute paths. Errors name `where`.
class ZipArchive {
public:
    ZipArchive(std::span<const std::byte> bytes, std::string where);
    ZipArchive(const ZipArchive&) = delete;
    ZipArchive& operator=(const ZipArchive&) = delete;

    const std::vector<ZipEntry>& entries() const { return entries_; }
    const ZipEntry* find(std::string_view name) const;

    /// The bytes of a stored entry, in place. A compressed one is an Error. The checksum is not looked at: it
    /// would read tensors of gigabytes through before any is used.
    std::span<const std::byte> stored(const ZipEntry& entry) const;

    /// Reads all stored entries through; an Error names the first whose checksum is wrong.
    void verify() const;

    /// A small entry, stored or deflated, unpacked, its checksum verified. One above `limit` bytes is an
    /// Error.
    std::string read(const ZipEntry& entry, std::size_t limit) const;

private:
    struct Directory {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::uint64_t count = 0;
    };

    void checkSum(const ZipEntry& entry, std::span<const std::byte> unpacked) const;
    [[noreturn]] void fail(const std::string& problem) const;
    std::uint64_t number(std::uint64_t offset, std::size_t width) const;
    std::span<const std::byte> piece(std::uint64_t offset, std::uint64_t size) const;
    std::string_view text(std::uint64_t offset, std::uint64_t size) const;
    Directory findDirectory() const;
    void readZip64Directory(std::uint64_t end, Directory& directory) const;
    std::uint64_t readEntry(std::uint64_t offset);
    void readZip64Extra(std::string_view extra, ZipEntry& entry) const;
    void checkName(const std::string& name) const;
    void locateData(ZipEntry& entry, std::uint64_t directoryOffset) const;
    void checkOverlap() const;

    std::span<const std::byte> bytes_;
    std::string where_;
    std::vector<ZipEntry> entries_;
    std::unordered_map<std::string_view, std::size_t> byName_;  ///< views of the names in entries_
};

}  // namespace dinoscope
