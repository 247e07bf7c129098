#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/base/error.h"
#include "tests/fuzz/require.h"

namespace dinoscope::fuzz {

/// A folder that goes with its owner, for readers that take a file. It is in memory where the system has such
/// a place: a fuzzer writes thousands of files a second, and AtomicFile waits for a disk.
class ScratchFolder {
public:
    ScratchFolder() {
        for (const std::filesystem::path& place :
             {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
            std::string name = (place / "dinoscope-fuzz-XXXXXX").string();
            if (!mkdtemp(name.data())) continue;
            path_ = name;
            return;
        }
        std::abort();
    }
    ~ScratchFolder() {
        std::error_code code;
        std::filesystem::remove_all(path_, code);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// The path of a file that holds `content`, whatever was in it before.
    std::filesystem::path file(const char* name, std::string_view content) const {
        std::filesystem::path path = path_ / name;
        require((std::ofstream(path, std::ios::binary) << content).flush().good());
        return path;
    }

private:
    std::filesystem::path path_;
};

/// What `read` makes of the file, or nothing where it refuses it by an Error that names it and a remedy.
template <typename Read>
auto readOrRefuse(const std::filesystem::path& file, const Read& read)
    -> std::optional<decltype(read(file))> {
    try {
        return read(file);
    } catch (const Error& error) {
        require(error.where() == file.string() && !error.problem().empty() && !error.remedy().empty());
        return std::nullopt;
    }
}

}  // namespace dinoscope::fuzz
