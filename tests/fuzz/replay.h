#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace dinoscope::fuzz {

/// Runs a target that takes a text on each file of its corpus, cut at every byte. Returns how many files
/// those were.
inline int replay(const std::filesystem::path& sources, const char* corpus, void (*run)(std::string_view)) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(sources / "tests/fuzz/corpus" / corpus)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        for (std::size_t length = 0; length <= text.size(); ++length)
            run(std::string_view(text).substr(0, length));
        ++files;
    }
    return files;
}

}  // namespace dinoscope::fuzz
