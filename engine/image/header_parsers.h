#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dinoscope {

/// The stored size of an image and its EXIF orientation; untrusted and unchecked.
struct StoredSize {
    std::uint64_t width = 0;
    std::uint64_t height = 0;
    int orientation = 1;
};

// One a format. Each takes the whole file, never reads beyond it, and returns nothing if the header is
// damaged.
std::optional<StoredSize> parseJpegHeader(std::span<const std::byte> file);
std::optional<StoredSize> parsePngHeader(std::span<const std::byte> file);
std::optional<StoredSize> parseWebPHeader(std::span<const std::byte> file);
std::optional<StoredSize> parseTiffHeader(std::span<const std::byte> file);
std::optional<StoredSize> parseBmpHeader(std::span<const std::byte> file);
std::optional<StoredSize> parsePnmHeader(std::span<const std::byte> file);
/// The value of full white in a Netpbm file; of bitmaps 255, which their decoder makes of it.
std::optional<std::uint64_t> pnmMaximum(std::span<const std::byte> file);
std::optional<StoredSize> parseJpeg2000Header(std::span<const std::byte> file);

}  // namespace dinoscope
