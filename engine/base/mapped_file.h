#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace dinoscope {

/// A file mapped into memory for reading. Its bytes are read from the disk only when touched. An empty file
/// is an empty span. Errors name the file; a folder is refused.
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace dinoscope
