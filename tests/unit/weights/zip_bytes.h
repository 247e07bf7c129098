#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

inline std::string deflated(const std::string& data) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, data.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/// Zip files written by hand, so that every field can lie.
struct ZipBytes {
    struct Entry {
        std::string name;
        std::string data;
        std::uint32_t size = 0;
        std::uint32_t crc = 0;
        std::uint32_t header = 0;
        int method = 0;
        int flags = 0;
    };
    std::string bytes;
    std::vector<Entry> entries;

    static std::string little(std::uint64_t value, int width) {
        std::string text;
        for (int i = 0; i < width; ++i)
            text += i < 8 ? static_cast<char>(value >> (8 * i) & 0xFF) : '\0';
        return text;
    }
    Entry& add(const std::string& name, const std::string& data) {
        Entry entry{name, data, static_cast<std::uint32_t>(data.size()), 0,
                    static_cast<std::uint32_t>(bytes.size())};
        entry.crc = static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
        bytes += "PK\3\4" + little(20, 2) + little(0, 4) + little(0, 4) + little(entry.crc, 4) +
                 little(data.size(), 4) + little(data.size(), 4) + little(name.size(), 2) + little(0, 2) +
                 name + data;
        entries.push_back(entry);
        return entries.back();
    }
    Entry& addDeflated(const std::string& name, const std::string& data) {
        Entry& entry = add(name, deflated(data));
        entry.method = 8;
        entry.size = static_cast<std::uint32_t>(data.size());
        entry.crc = static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
        return entry;
    }
    std::string directory() const {
        std::string text;
        for (const Entry& entry : entries) {
            text += "PK\1\2" + little(20, 2) + little(20, 2) + little(static_cast<unsigned>(entry.flags), 2) +
                    little(static_cast<unsigned>(entry.method), 2) + little(0, 4) + little(entry.crc, 4) +
                    little(entry.data.size(), 4) + little(entry.size, 4) + little(entry.name.size(), 2) +
                    little(0, 12) + little(entry.header, 4) + entry.name;
        }
        return text;
    }
    std::string finish(int claimedEntries = -1) const {
        const std::string records = directory();
        const auto count = claimedEntries < 0 ? entries.size() : static_cast<std::size_t>(claimedEntries);
        return bytes + records + "PK\5\6" + little(0, 4) + little(count, 2) + little(count, 2) +
               little(records.size(), 4) + little(bytes.size(), 4) + little(0, 2);
    }
    /// The same with the sizes in zip64's records only.
    std::string finish64() const {
        const std::string records = directory();
        const std::string end64 = "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
                                  little(entries.size(), 8) + little(entries.size(), 8) +
                                  little(records.size(), 8) + little(bytes.size(), 8);
        return bytes + records + end64 + "PK\6\7" + little(0, 4) + little(bytes.size() + records.size(), 8) +
               little(1, 4) + "PK\5\6" + little(0, 4) + little(0xFFFF, 2) + little(0xFFFF, 2) +
               little(0xFFFFFFFF, 4) + little(0xFFFFFFFF, 4) + little(0, 2);
    }
};
