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

/// The pictures in `folder`, but for those in an `output` inside it: an earlier run wrote them. Those of a
/// format that is not read are told as failures.
std::vector<fs::path> picturesOf(const fs::path& folder, const fs::path& output) {
    std::vector<fs::path> files = listImages(folder, true, {.visitsForeign = true});
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

/// "a-overlay" and "a" of "a-overlay-head3.png": the images that `dino attend` writes a file of that name
/// for.
std::vector<std::string> stemsBehind(const fs::path& file, const AttendKinds& kinds) {
    std::string stem = file.stem().string();
    if (file.extension() != ".png") return {};
    const auto cut = [&stem](std::string_view ending) {
        if (!stem.ends_with(ending)) return false;
        stem.resize(stem.size() - ending.size());
        return true;
    };
    const std::string whole = stem;
    stem.resize(stem.find_last_not_of("0123456789") + 1);
    const bool isHead = kinds.heads && stem.size() < whole.size() && cut("-head");
    if (!isHead) {
        stem = whole;
        if (!cut("-mean") && !cut("-energy") && !(kinds.hues && cut("-hues"))) return {};
    }
    std::vector<std::string> stems{stem};
    if (cut("-overlay") || (kinds.masks && cut("-mask"))) stems.push_back(stem);
    return stems;
}

/// That no picture which is read has the name of a file that is written.
void requireInputsStay(const std::vector<AttendItem>& items, const AttendKinds& kinds) {
    std::map<fs::path, fs::path> known;
    const auto onDisk = [&known](const fs::path& folder) {
        const auto [found, isNew] = known.try_emplace(folder.empty() ? "." : folder);
        if (isNew) found->second = asOnDisk(found->first);
        return found->second;
    };
    std::map<Target, const AttendItem*> targets;
    for (const AttendItem& item : items) {
        const fs::path folder = onDisk(item.folder);
        if (!folder.empty()) targets.emplace(Target{folder, item.stem}, &item);
    }
    for (const AttendItem& item : items) {
        for (const std::string& stem : stemsBehind(item.file, kinds)) {
            const auto writer = targets.find({onDisk(item.file.parent_path()), stem});
            if (writer == targets.end()) continue;
            throw UsageError("a picture of the attention to " + writer->second->file.string() +
                                 " would be written over this one, which is read too",
                             item.file.string(), "give another folder with -o, as -o attention");
        }
    }
}

}  // namespace

std::vector<AttendItem> planAttend(const std::vector<std::string>& inputs, const fs::path& output,
                                   const AttendKinds& kinds) {
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
    requireInputsStay(items, kinds);
    return items;
}

}  // namespace dinoscope
