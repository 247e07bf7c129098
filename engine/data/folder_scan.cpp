#include "engine/data/folder_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/log.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

using FolderIdentity = std::pair<dev_t, ino_t>;

bool isDigit(char letter) {
    return std::isdigit(static_cast<unsigned char>(letter)) != 0;
}
int lower(char letter) {
    return std::tolower(static_cast<unsigned char>(letter));
}

/// The digits that start at `text`, without leading zeros.
std::string_view number(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && isDigit(text[end]))
        ++end;
    const std::size_t start = std::min(text.find_first_not_of('0'), end);
    return text.substr(start, end - start);
}

void skipDigits(std::string_view& text) {
    while (!text.empty() && isDigit(text.front()))
        text.remove_prefix(1);
}

void scan(const fs::path& folder, bool recursive, std::set<FolderIdentity>& seen,
          std::vector<fs::path>& found) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0 || !seen.insert({status.st_dev, status.st_ino}).second) return;
    std::vector<fs::path> files;
    std::vector<fs::path> folders;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const fs::path& path = entry->path();
        if (path.filename().string().starts_with('.')) continue;
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            folders.push_back(path);
        } else if (hasImageExtension(path)) {
            files.push_back(path);
        }
    }
    const auto byName = [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    };
    if (code) log::warn(folder.string() + ": images here are left out (" + code.message() + ")");
    std::sort(files.begin(), files.end(), byName);
    std::sort(folders.begin(), folders.end(), byName);
    found.insert(found.end(), files.begin(), files.end());
    if (!recursive) return;
    for (const fs::path& inner : folders)
        scan(inner, recursive, seen, found);
}

}  // namespace

const std::vector<std::string>& imageExtensions() {
    static const std::vector<std::string> kExtensions{".jpg", ".jpeg", ".jpe", ".png",  ".webp",
                                                      ".bmp", ".dib",  ".tif", ".tiff", ".jp2",
                                                      ".ppm", ".pgm",  ".pbm", ".pnm"};
    return kExtensions;
}

bool hasImageExtension(const fs::path& file) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](char c) { return char(lower(c)); });
    const auto& known = imageExtensions();
    return std::find(known.begin(), known.end(), extension) != known.end();
}

std::vector<fs::path> listImages(const fs::path& folder, bool recursive) {
    std::error_code code;
    const fs::directory_iterator probe(folder, code);
    if (code) {
        throw Error("the folder cannot be read (" + code.message() + ")", folder.string(),
                    "check its name and permissions");
    }
    std::set<FolderIdentity> seen;
    std::vector<fs::path> found;
    scan(folder, recursive, seen, found);
    return found;
}

bool naturalLess(std::string_view a, std::string_view b) {
    const std::string_view wholeA = a;
    const std::string_view wholeB = b;
    while (!a.empty() && !b.empty()) {
        if (isDigit(a.front()) && isDigit(b.front())) {
            const std::string_view numberA = number(a);
            const std::string_view numberB = number(b);
            if (numberA.size() != numberB.size()) return numberA.size() < numberB.size();
            if (numberA != numberB) return numberA < numberB;
            skipDigits(a);
            skipDigits(b);
            continue;
        }
        if (lower(a.front()) != lower(b.front())) return lower(a.front()) < lower(b.front());
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    // Equal but for case or zeros: any fixed order will do.
    return a.empty() == b.empty() ? wholeA < wholeB : a.empty();
}

}  // namespace dinoscope
