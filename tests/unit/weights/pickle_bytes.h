#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Pickles written by hand, an instruction a call.
class PickleBytes {
public:
    PickleBytes& raw(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }
    PickleBytes& little(std::uint64_t value, int width) {
        for (int i = 0; i < width; ++i)
            bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
        return *this;
    }
    PickleBytes& global(const std::string& module, const std::string& name) {
        return raw("c" + module + "\n" + name + "\n");
    }
    PickleBytes& text(const std::string& value) { return raw("X").little(value.size(), 4).raw(value); }
    PickleBytes& integer(std::int64_t value) {
        return raw("\x8a\x08").little(static_cast<std::uint64_t>(value), 8);
    }
    PickleBytes& storage(const std::string& type, const std::string& key, std::int64_t count) {
        return raw("(").text("storage").global("torch", type).text(key).text("cpu").integer(count).raw("tQ");
    }
    /// A tensor of two dimensions.
    PickleBytes& tensor(std::int64_t count, std::int64_t offset, std::int64_t rows, std::int64_t columns,
                        std::int64_t rowStride, std::int64_t columnStride, const std::string& key = "0") {
        global("torch._utils", "_rebuild_tensor_v2")
            .raw("(")
            .storage("FloatStorage", key, count)
            .integer(offset);
        raw("(").integer(rows).integer(columns).raw("t(").integer(rowStride).integer(columnStride);
        return raw("t\x89)tR");
    }
    std::string stop() const { return std::string("\x80\x02", 2) + bytes_ + "."; }

private:
    std::string bytes_;
};

inline std::span<const std::byte> asBytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
