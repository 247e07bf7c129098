#include "engine/data/folder_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/job.h"
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

bool hasExtension(const fs::path& file, std::span<const std::string> extensions) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](char c) { return char(lower(c)); });
    return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

class Scan {
public:
    /// `control` and `listed` may be null.
    Scan(const fs::path& folder, bool recursive, JobControl* control, const ImageVisitor& visit,
         const FolderVisitor* listed, const ScanRules& rules)
        : root_(folder),
          recursive_(recursive),
          control_(control),
          visit_(visit),
          listed_(listed),
          rules_(rules) {}

    /// `inside` is empty or ends with a slash. Names are kept, not paths: a folder may hold a million.
    void enter(const std::string& inside) {
        const fs::path folder = inside.empty() ? root_ : root_ / inside;
        struct stat status {};
        if (stat(folder.c_str(), &status) != 0) {
            fail({inside, false, std::generic_category().message(errno)});
            return;
        }
        if (!seen_.insert({status.st_dev, status.st_ino}).second) return;
        std::vector<std::string> files;
        std::vector<std::string> folders;
        list(inside, files, folders);
        for (const std::string& file : files)
            visit_(inside + file);
        if (!recursive_) return;
        files = {};
        for (const std::string& name : folders) {
            const std::string below = inside + name + '/';
            if (!rules_.enters || rules_.enters(below)) enter(below);
        }
    }

private:
    void list(const std::string& inside, std::vector<std::string>& files, std::vector<std::string>& folders) {
        FolderListing listing{inside, true, {}};
        std::error_code code;
        for (fs::directory_iterator entry(root_ / inside, code), end; !code && entry != end;
             entry.increment(code)) {
            if (control_) control_->poll();
            listing.isEmpty = false;
            std::string name = entry->path().filename().string();
            if (name.starts_with('.')) continue;
            std::error_code unknown;
            const bool isFolder = entry->is_directory(unknown);
            if (unknown) tell({inside + name + '/', false, unknown.message()});
            if (isFolder) {
                folders.push_back(std::move(name));
            } else if (hasImageExtension(name) || (rules_.visitsForeign && hasForeignExtension(name))) {
                files.push_back(std::move(name));
            }
        }
        if (code) {
            listing.failure = code.message();
            fail(listing);
        } else {
            tell(listing);
        }
        std::sort(files.begin(), files.end(), naturalLess);
        std::sort(folders.begin(), folders.end(), naturalLess);
    }

    void fail(const FolderListing& listing) const {
        log::warn((root_ / listing.inside).string() + ": images here are left out (" + listing.failure + ")");
        tell(listing);
    }

    void tell(const FolderListing& listing) const {
        if (listed_) (*listed_)(listing);
    }

    const fs::path& root_;
    bool recursive_;
    JobControl* control_;
    const ImageVisitor& visit_;
    const FolderVisitor* listed_;
    const ScanRules& rules_;
    std::set<FolderIdentity> seen_;
};

void scan(const fs::path& folder, bool recursive, JobControl* control, const ImageVisitor& visit,
          const FolderVisitor* listed = nullptr, const ScanRules& rules = {}) {
    std::error_code code;
    const fs::directory_iterator probe(folder, code);
    if (code) {
        throw Error("the folder cannot be read (" + code.message() + ")", folder.string(),
                    "check its name and permissions");
    }
    Scan(folder, recursive, control, visit, listed, rules).enter({});
}

}  // namespace

const std::vector<std::string>& imageExtensions() {
    static const std::vector<std::string> kExtensions{".jpg", ".jpeg", ".jpe", ".png",  ".webp",
                                                      ".bmp", ".dib",  ".tif", ".tiff", ".jp2",
                                                      ".ppm", ".pgm",  ".pbm", ".pnm"};
    return kExtensions;
}

bool hasImageExtension(const fs::path& file) {
    return hasExtension(file, imageExtensions());
}

bool hasForeignExtension(const fs::path& file) {
    static const std::vector<std::string> kExtensions{".gif", ".heic", ".heif", ".avif"};
    return hasExtension(file, kExtensions);
}

void visitImages(const fs::path& folder, bool recursive, const ImageVisitor& visit) {
    scan(folder, recursive, nullptr, visit);
}

void visitImages(const fs::path& folder, bool recursive, JobControl& control, const ImageVisitor& visit) {
    scan(folder, recursive, &control, visit);
}

void visitImages(const fs::path& folder, bool recursive, JobControl& control, const ImageVisitor& visit,
                 const FolderVisitor& listed, const ScanRules& rules) {
    scan(folder, recursive, &control, visit, &listed, rules);
}

std::vector<fs::path> listImages(const fs::path& folder, bool recursive, const ScanRules& rules) {
    std::vector<fs::path> found;
    const ImageVisitor visit = [&](const std::string& name) { found.push_back(folder / name); };
    scan(folder, recursive, nullptr, visit, nullptr, rules);
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
