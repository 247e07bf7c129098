#include "tests/integration/include_rules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

/// engine's folders from the bottom up.
constexpr std::array<std::string_view, 11> kLayers{
    "base", "image", "data", "nn", "weights", "scale", "ssl", "neighbours", "explore", "train", "api"};
/// Headers of engine/api that only engine/api itself may see.
constexpr std::array<std::string_view, 12> kInternal{
    "engine/api/model_options.h",     "engine/api/model_info.h",        "engine/api/model_impl.h",
    "engine/api/placement.h",         "engine/api/cuda_driver.h",       "engine/api/gallery_impl.h",
    "engine/api/gallery_options.h",   "engine/api/evaluation_data.h",   "engine/api/evaluation_tally.h",
    "engine/api/evaluation_report.h", "engine/api/confusion_picture.h", "engine/api/train_request.h"};
constexpr std::string_view kLogFile = "engine/base/log.cpp";

enum class Library { Torch, Qt, Spdlog, OpenCv };

struct Include {
    std::string path;
    int line = 0;
    bool quoted = false;
};

using Tree = std::map<std::string, std::vector<Include>>;

std::optional<Library> libraryOf(const std::string& path) {
    static const std::regex torch("(torch|ATen|c10|caffe2)/.*");
    static const std::regex qt("Q[A-Z][A-Za-z0-9]*|Qt[A-Za-z0-9]*(/.*)?|q[a-z]+\\.h");
    static const std::regex spdlog("(spdlog|fmt)/.*");
    static const std::regex openCv("opencv2/.*");
    if (std::regex_match(path, torch)) return Library::Torch;
    if (std::regex_match(path, qt)) return Library::Qt;
    if (std::regex_match(path, spdlog)) return Library::Spdlog;
    if (std::regex_match(path, openCv)) return Library::OpenCv;
    return std::nullopt;
}

bool isSource(const fs::path& file) {
    static const std::set<std::string> kExtensions{".h", ".hpp", ".inl", ".cpp", ".cc", ".cu", ".cuh"};
    return kExtensions.contains(file.extension().string());
}

std::vector<Include> includesOf(const fs::path& file) {
    static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
    std::vector<Include> includes;
    std::ifstream stream(file);
    int line = 0;
    for (std::string text; std::getline(stream, text);) {
        ++line;
        std::smatch match;
        if (text.find("include") == std::string::npos || !std::regex_match(text, match, directive)) continue;
        includes.push_back({match[2], line, match[1] == "\""});
    }
    return includes;
}

Tree readTree(const fs::path& root) {
    Tree tree;
    for (const char* top : {"engine", "ui", "app"}) {
        if (!fs::is_directory(root / top)) continue;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / top)) {
            if (!entry.is_regular_file() || !isSource(entry.path())) continue;
            tree[entry.path().lexically_relative(root).generic_string()] = includesOf(entry.path());
        }
    }
    return tree;
}

/// "engine/nn/kernels/x.h" -> "nn"; empty for files of other trees.
std::string engineFolder(const std::string& path) {
    if (!path.starts_with("engine/")) return {};
    const std::size_t start = std::string_view("engine/").size();
    return path.substr(start, path.find('/', start) - start);
}

/// Position in kLayers, its end for what is not there.
std::size_t layerOf(const std::string& folder) {
    return std::size_t(std::find(kLayers.begin(), kLayers.end(), folder) - kLayers.begin());
}

bool isInternal(const std::string& path) {
    return std::find(kInternal.begin(), kInternal.end(), path) != kInternal.end();
}

class Checker {
public:
    explicit Checker(const fs::path& root) : root_(root), tree_(readTree(root)) {}

    IncludeCheck check() {
        for (const auto& [file, includes] : tree_) {
            ++result_.files;
            result_.includes += int(includes.size());
            if (file.starts_with("engine/") && layerOf(engineFolder(file)) == kLayers.size()) {
                report(file, 0, "this folder has no place in the list of layers");
            }
            for (const Include& include : includes) {
                if (include.quoted) checkOwn(file, include);
                checkLibrary(file, include);
            }
            checkMeetings(file);
        }
        return std::move(result_);
    }

private:
    void report(const std::string& file, int line, const std::string& what) {
        result_.breaches.push_back({file, line, what});
    }

    void checkOwn(const std::string& file, const Include& include) {
        const std::string& path = include.path;
        if (libraryOf(path)) return;
        if (!fs::exists(root_ / path)) {
            report(file, include.line, "\"" + path + "\" is not written from the root");
        } else if (file.starts_with("engine/")) {
            checkEngine(file, include);
        } else {
            checkProgram(file, include);
        }
    }

    void checkEngine(const std::string& file, const Include& include) {
        const std::string& path = include.path;
        const std::size_t from = layerOf(engineFolder(file));
        const std::size_t to = layerOf(engineFolder(path));
        if (!path.starts_with("engine/")) {
            report(file, include.line, "the engine must not know " + path);
        } else if (to > from || to == kLayers.size()) {
            report(file, include.line, path + " lies above " + engineFolder(file));
        }
    }

    void checkProgram(const std::string& file, const Include& include) {
        const std::string& path = include.path;
        const bool fromWidgets = file.starts_with("ui/widgets/");
        if (path.starts_with("engine/") && (!path.starts_with("engine/api/") || isInternal(path))) {
            report(file, include.line, path + " is not for ui or app, which see engine/api");
        } else if (file.starts_with("ui/") && path.starts_with("app/")) {
            report(file, include.line, path + " lies above ui");
        } else if (fromWidgets && path.starts_with("engine/")) {
            report(file, include.line, "widgets know nothing of the engine, nor of " + path);
        } else if (fromWidgets && path.starts_with("ui/") && !path.starts_with("ui/widgets/") &&
                   path.find('/', 3) != std::string::npos) {
            report(file, include.line, "widgets know nothing of the workspaces, nor of " + path);
        }
    }

    void checkLibrary(const std::string& file, const Include& include) {
        const auto library = libraryOf(include.path);
        const bool inEngine = file.starts_with("engine/");
        if (library == Library::Spdlog && file != kLogFile) {
            report(file, include.line, "spdlog is for " + std::string(kLogFile) + " alone");
        } else if (library == Library::Torch && !inEngine) {
            report(file, include.line, "torch is for the engine alone");
        } else if (library == Library::OpenCv && !inEngine) {
            report(file, include.line, "OpenCV is for the engine alone");
        } else if (library == Library::Qt && inEngine) {
            report(file, include.line, "the engine knows nothing of Qt");
        }
    }

    /// Which libraries must not be reached from one file, by whatever way.
    void checkMeetings(const std::string& file) {
        std::set<std::string> seen;
        std::set<Library> met;
        reach(file, seen, met);
        const bool torch = met.contains(Library::Torch);
        if (torch && met.contains(Library::Qt)) report(file, 0, "torch and Qt meet here");
        if (torch && met.contains(Library::Spdlog)) report(file, 0, "torch and spdlog meet here");
        const bool isPublic = file.starts_with("engine/api/") && file.ends_with(".h") && !isInternal(file);
        if (isPublic && (torch || met.contains(Library::OpenCv))) {
            report(file, 0, "a header for ui and app shows them torch or OpenCV");
        }
    }

    void reach(const std::string& file, std::set<std::string>& seen, std::set<Library>& met) const {
        const auto found = tree_.find(file);
        if (found == tree_.end() || !seen.insert(file).second) return;
        for (const Include& include : found->second) {
            if (const auto library = libraryOf(include.path)) met.insert(*library);
            reach(include.path, seen, met);
        }
    }

    fs::path root_;
    Tree tree_;
    IncludeCheck result_;
};

}  // namespace

IncludeCheck checkIncludes(const fs::path& root) {
    return Checker(root).check();
}

}  // namespace dinoscope
