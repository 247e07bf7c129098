#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/weights/tensor_view.h"

namespace dinoscope {

/// A safetensors file that lies in memory, which must outlive it. The header must describe the data without
/// holes, overlaps or a byte too many. Errors name `where`.
class SafetensorsFile {
public:
    struct Entry {
        std::string name;
        TensorView view;
    };

    /// A plausible header length, then a JSON object.
    static bool looksLike(std::span<const std::byte> bytes);

    SafetensorsFile(std::span<const std::byte> bytes, const std::string& where);

    /// In the order of the header.
    const std::vector<Entry>& entries() const { return entries_; }
    const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

private:
    std::vector<Entry> entries_;
    std::vector<std::pair<std::string, std::string>> metadata_;
};

/// A tensor to be written, row-major.
struct SafetensorsItem {
    std::string name;
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
};

/// Writes a safetensors file atomically; the data is aligned for mapping. Throws Error where a name is given
/// twice or reserved, or bytes do not fill a shape, and where the file cannot be written.
void writeSafetensors(const std::filesystem::path& path, std::span<const SafetensorsItem> items,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace dinoscope
