#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

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

/// The whole of a file, on the same terms. Unlike a mapping it is not lost, with the program, when somebody
/// cuts the file short: for what is small enough to be copied.
std::vector<std::byte> readFile(const std::filesystem::path& path);

}  // namespace dinoscope
