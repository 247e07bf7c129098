#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dinoscope {

/// An #include that the project's layers forbid.
struct Breach {
    std::string file;  ///< from the root
    int line = 0;      ///< of the directive; 0 where the file as a whole is meant
    std::string what;

    std::string text() const { return file + (line > 0 ? ":" + std::to_string(line) : "") + ": " + what; }
};

struct IncludeCheck {
    int files = 0;     ///< read
    int includes = 0;  ///< seen in them
    std::vector<Breach> breaches;
};

/// Reads every source and header below engine/, ui/ and app/ of `root` and holds its #include directives
/// against docs/architecture.md: the order of engine's folders, what ui and app may see of the engine, and
/// which libraries must not meet in one file, directly or through the project's own headers.
IncludeCheck checkIncludes(const std::filesystem::path& root);

}  // namespace dinoscope
