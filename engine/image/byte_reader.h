#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace dinoscope {

/// Reads integers at any offset of untrusted bytes: beyond the end there is no value, never a wrong access.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes, bool bigEndian = true)
        : bytes_(bytes), bigEndian_(bigEndian) {}

    std::uint64_t size() const { return bytes_.size(); }

    std::optional<std::uint64_t> number(std::uint64_t offset, int width) const {
        const auto length = static_cast<std::uint64_t>(width);
        if (offset > size() || length > size() - offset) return std::nullopt;
        std::uint64_t value = 0;
        for (int i = 0; i < width; ++i) {
            const auto place = static_cast<std::size_t>(offset) + (bigEndian_ ? i : width - 1 - i);
            value = value << 8 | std::to_integer<std::uint64_t>(bytes_[place]);
        }
        return value;
    }
    std::optional<std::uint64_t> u8(std::uint64_t offset) const { return number(offset, 1); }
    std::optional<std::uint64_t> u16(std::uint64_t offset) const { return number(offset, 2); }
    std::optional<std::uint64_t> u32(std::uint64_t offset) const { return number(offset, 4); }
    std::optional<std::uint64_t> u64(std::uint64_t offset) const { return number(offset, 8); }

    bool startsWith(std::string_view text, std::uint64_t offset = 0) const {
        return offset <= size() && text.size() <= size() - offset &&
               std::memcmp(bytes_.data() + offset, text.data(), text.size()) == 0;
    }

    /// The bytes from `offset` on, at most `length`; fewer, or none, where the file ends before.
    std::span<const std::byte> part(std::uint64_t offset, std::uint64_t length = UINT64_MAX) const {
        if (offset >= size()) return {};
        const std::uint64_t rest = size() - offset;
        return bytes_.subspan(static_cast<std::size_t>(offset),
                              static_cast<std::size_t>(length < rest ? length : rest));
    }

private:
    std::span<const std::byte> bytes_;
    bool bigEndian_;
};

}  // namespace dinoscope
