#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/atomic_file.h"

namespace dinoscope {

/// Writes a zip file of stored entries, one after the other, as torch.save lays them out: each entry's bytes
/// begin at a multiple of 64, so that tensors can be used where the file is mapped. zip64 where sizes ask for
/// it.
class ZipWriter {
public:
    /// Entries and offsets from `zip64From` on are described in the zip64 way; tests set it low.
    explicit ZipWriter(AtomicFile& file, std::uint64_t zip64From = 0xFFFFFFFF)
        : file_(file), zip64From_(zip64From) {}

    void add(const std::string& name, std::span<const std::byte> bytes);
    /// The directory; the file itself is left to its owner to commit.
    void finish();

private:
    struct Entry {
        std::string name;
        std::uint64_t size = 0;
        std::uint64_t offset = 0;
        std::uint32_t crc = 0;
    };

    void write(std::span<const std::byte> bytes);
    void write(const std::string& bytes);
    std::string directoryEntry(const Entry& entry) const;
    std::string end(std::uint64_t offset, std::uint64_t size) const;

    AtomicFile& file_;
    std::uint64_t zip64From_;
    std::uint64_t position_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace dinoscope
