#include "engine/explore/attend_plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/data/folder_scan.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

fs::path asOnDisk(const fs::path& path) {
    std::error_code ignored;
    const fs::path known = fs::canonical(path, ignored);
    return ignored ? fs::path() : known;
}

bool liesIn(const fs::path& inner, const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// The pictures in `folder`, but for those in an `output` inside it: an earlier run wrote them.
std::vector<fs::path> picturesOf(const fs::path& folder, const fs::path& output) {
    std::vector<fs::path> files = listImages(folder, true);
    const fs::path in = asOnDisk(folder);
    const fs::path out = asOnDisk(output);
    if (in.empty() || out.empty() || !liesIn(out, in)) return files;
    if (in == out) {
        throw UsageError("what is written into the folder that is read would be read the next time",
                         folder.string(), "give another folder with -o, as -o attention");
    }
    std::erase_if(files, [&out](const fs::path& file) { return liesIn(asOnDisk(file.parent_path()), out); });
    return files;
}

std::vector<AttendItem> itemsOfFolder(const fs::path& folder, const fs::path& output) {
    std::vector<AttendItem> items;
    for (const fs::path& file : picturesOf(folder, output)) {
        const fs::path inner = file.lexically_relative(folder).parent_path();
        items.push_back({file, inner.empty() ? output : output / inner, file.stem().string(), false});
    }
    if (items.empty()) {
        throw Error("there is no image in this folder", folder.string(),
                    "name a folder with JPEG or PNG files");
    }
    return items;
}

std::string stemWithExtension(const fs::path& file) {
    const std::string extension = file.extension().string();
    return file.stem().string() + (extension.empty() ? "" : "_" + extension.substr(1));
}

using Target = std::pair<fs::path, std::string>;

/// Whether another item's files would have the names of this one's: those of its stem, or of
/// <stem>-overlay-head<k>.png and <stem>-mask-head<k>.png.
bool isAmbiguous(const std::map<Target, int>& uses, const AttendItem& item) {
    if (uses.at({item.folder, item.stem}) > 1) return true;
    for (const std::string_view suffix : {"-overlay", "-mask"}) {
        if (!item.stem.ends_with(suffix)) continue;
        const std::string other = item.stem.substr(0, item.stem.size() - suffix.size());
        if (uses.contains({item.folder, other})) return true;
    }
    return false;
}

}  // namespace

std::vector<AttendItem> planAttend(const std::vector<std::string>& inputs, const fs::path& output) {
    std::vector<AttendItem> items;
    for (const std::string& input : inputs) {
        std::error_code ignored;
        if (fs::is_directory(input, ignored)) {
            const auto inner = itemsOfFolder(input, output);
            items.insert(items.end(), inner.begin(), inner.end());
        } else {
            items.push_back({input, output, fs::path(input).stem().string(), true});
        }
    }
    std::map<Target, int> uses;
    for (const AttendItem& item : items)
        ++uses[{item.folder, item.stem}];
    std::map<Target, fs::path> taken;
    for (AttendItem& item : items) {
        if (isAmbiguous(uses, item)) item.stem = stemWithExtension(item.file);
        const auto [other, isNew] = taken.insert({{item.folder, item.stem}, item.file});
        if (!isNew) {
            throw UsageError("its files would overwrite those of " + other->second.string(),
                             item.file.string(),
                             "rename one of the two, or give each an --output-dir of its own");
        }
    }
    return items;
}

}  // namespace dinoscope
