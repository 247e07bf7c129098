#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/lost_pages.h"

namespace dinoscope {

/// A file mapped into memory for reading. Its bytes are read from the disk only when touched. An empty file
/// is an empty span. Errors name the file; a folder is refused. Bytes that cannot be read any more, since the
/// file was cut short or its disk failed, are zeros: ask isWhole() once all was read.
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, size_}; }
    bool isWhole() const { return !guard_ || !guard_->areLost(); }
    /// Throws Error where isWhole() is false.
    void requireWhole() const;

private:
    std::filesystem::path path_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::optional<GuardedPages> guard_;
};

/// The whole of a file, on the same terms, for what is small enough to be copied.
std::vector<std::byte> readFile(const std::filesystem::path& path);

}  // namespace dinoscope
