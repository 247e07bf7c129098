#include "engine/train/run/run_directory.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <ranges>
#include <system_error>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/log.h"
#include "engine/data/dataset_file.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

/// Digits after `prefix`, which is taken off `text` with them.
std::optional<std::int64_t> takeNumber(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return std::nullopt;
    const char* start = text.data() + prefix.size();
    const char* last = text.data() + text.size();
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(start, last, number);
    if (code != std::errc() || number < 0 || *start == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::optional<RunPosition> positionOf(const std::string& name) {
    std::string_view rest = name;
    RunPosition position;
    const auto epochs = takeNumber(rest, "epoch");
    if (!epochs) return std::nullopt;
    position.epochs = *epochs;
    if (rest.starts_with("-step")) {
        const auto steps = takeNumber(rest, "-step");
        if (!steps) return std::nullopt;
        position.steps = *steps;
    }
    return rest == ".pth" ? std::optional(position) : std::nullopt;
}

/// "epoch0012", "epoch0012-step000345"
std::string nameOf(RunPosition position) {
    char name[64];
    const auto epochs = static_cast<long long>(position.epochs);
    const auto steps = static_cast<long long>(position.steps);
    if (position.steps == 0) {
        std::snprintf(name, sizeof name, "epoch%04lld", epochs);
    } else {
        std::snprintf(name, sizeof name, "epoch%04lld-step%06lld", epochs, steps);
    }
    return name;
}

std::vector<fs::path> entriesOf(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
        entries.push_back(entry->path());
    if (code && code != std::errc::no_such_file_or_directory) {
        throw Error("the folder cannot be read (" + code.message() + ")", folder.string(),
                    "check its permissions");
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

/// A link to nothing too.
bool isThere(const fs::path& path) {
    std::error_code code;
    return fs::exists(fs::symlink_status(path, code));
}

/// A file that AtomicFile did not live to rename: ".NAME.123", where our names start with `ours`.
bool isTemporary(const fs::path& file, const std::string& ours) {
    const std::string name = file.filename().string();
    const std::size_t dot = name.rfind('.');
    return name.starts_with("." + ours) && dot != 0 && dot + 1 < name.size() &&
           name.find_first_not_of("0123456789", dot + 1) == name.npos;
}

/// "2026-11-23T12:40:00Z  started on cpu …", or nothing yet: anything may be called log.txt.
bool isOurLog(const fs::path& file) {
    std::error_code code;
    if (!fs::is_regular_file(file, code)) return false;
    std::ifstream log(file);
    std::string line;
    if (!std::getline(log, line)) return log.eof();
    const std::size_t zone = line.find("Z  started on ");
    return zone != line.npos && line.find_first_not_of("0123456789-:T") == zone;
}

/// Whether a folder holds nothing that a new run would sit beside. What a start that was killed left, and
/// hidden files, do no harm. Whose a lock is, is judged by the one who takes it.
void checkIsFree(const RunPaths& paths) {
    for (const fs::path& entry : entriesOf(paths.folder())) {
        const std::string name = entry.filename().string();
        if (name.starts_with('.') || name == "lock") continue;
        if (name == "log.txt" && isOurLog(entry)) continue;
        const bool ownFolder = name == "checkpoints" || name == "probes";
        if (ownFolder && entriesOf(entry).empty()) continue;
        throw Error("the folder is not empty (" + name + " is in it), and no run", paths.folder().string(),
                    "give an empty or a new folder with -o");
    }
}

void refuseRun(const RunPaths& paths) {
    if (!paths.holdsRun()) return;
    throw Error("the folder holds a run already", paths.folder().string(),
                "go on with it by --resume, or give another folder with -o");
}

}  // namespace

fs::path RunPaths::checkpoint(RunPosition position) const {
    return checkpoints() / (nameOf(position) + ".pth");
}

fs::path RunPaths::teacher(RunPosition position, int number) const {
    const std::string ending = number > 1 ? "-" + std::to_string(number) : std::string();
    return teachers() / (nameOf(position) + ending + ".safetensors");
}

bool RunPaths::holdsRun() const {
    std::error_code code;
    return fs::exists(record(), code);
}

std::vector<CheckpointFile> RunPaths::listCheckpoints() const {
    std::vector<CheckpointFile> files;
    for (const fs::path& entry : entriesOf(checkpoints())) {
        if (const auto position = positionOf(entry.filename().string())) files.push_back({*position, entry});
    }
    std::sort(files.begin(), files.end(),
              [](const CheckpointFile& a, const CheckpointFile& b) { return a.position < b.position; });
    return files;
}

std::optional<CheckpointFile> RunPaths::latestCheckpoint() const {
    const std::vector<CheckpointFile> files = listCheckpoints();
    return files.empty() ? std::nullopt : std::optional(files.back());
}

CheckpointFile RunPaths::checkpointOfEpoch(std::int64_t epoch) const {
    std::string there;
    for (const CheckpointFile& file : listCheckpoints()) {
        if (file.position.steps != 0) continue;
        if (file.position.epochs == epoch) return file;
        there += (there.empty() ? "" : ", ") + std::to_string(file.position.epochs);
    }
    throw Error("there is no checkpoint of epoch " + std::to_string(epoch), folder_.string(),
                there.empty() ? "the run has none yet" : "those of these epochs are kept: " + there);
}

void RunDirectory::requireCreatable(const fs::path& folder) {
    const RunPaths paths(folder);
    refuseRun(paths);
    std::error_code code;
    if (!fs::exists(folder, code)) return;
    checkIsFree(paths);
    requireUnlocked(paths.lock());
}

RunDirectory RunDirectory::create(const fs::path& folder) {
    requireCreatable(folder);
    const RunPaths paths(folder);
    RunDirectory directory(paths);
    try {
        directory.makeRunFolder();
        directory.takeLock();
        refuseRun(paths);  // one may have begun until we had the lock
        directory.removeLeftovers();
        directory.makeFolders();
        directory.willMake(paths.log());
    } catch (...) {
        directory.discard();
        throw;
    }
    return directory;
}

void RunDirectory::requireOpenable(const fs::path& folder) {
    const RunPaths paths(folder);
    if (!paths.holdsRun()) {
        throw Error("the folder holds no run", folder.string(), "leave out --resume to start one");
    }
    requireUnlocked(paths.lock());
}

RunDirectory RunDirectory::open(const fs::path& folder) {
    requireOpenable(folder);
    RunDirectory directory{RunPaths(folder)};
    directory.takeLock();
    directory.removeLeftovers();
    directory.makeFolders();
    return directory;
}

void RunDirectory::makeRunFolder() {
    std::vector<fs::path> missing;
    for (fs::path folder = paths_.folder(); !folder.empty() && !isThere(folder);
         folder = folder.parent_path())
        missing.push_back(folder);
    madeFolders_.assign(missing.rbegin(), missing.rend());
    makeFolder(paths_.folder());
}

void RunDirectory::takeLock() {
    lock_ = std::make_unique<RunLock>(paths_.lock());
}

void RunDirectory::makeFolders() {
    for (const fs::path& folder : {paths_.checkpoints(), paths_.probes()}) {
        willMake(folder);
        makeFolder(folder);
    }
}

/// Call before `path` is made. What is there already is not ours to take away.
void RunDirectory::willMake(const fs::path& path) {
    if (!isThere(path)) madeInside_.push_back(path);
}

void RunDirectory::removeLeftovers() {
    const std::pair<fs::path, const char*> folders[]{{paths_.folder(), "run.toml"},
                                                     {paths_.folder(), "images.txt"},
                                                     {paths_.checkpoints(), "epoch"},
                                                     {paths_.probes(), ""},
                                                     {paths_.teachers(), "epoch"}};
    for (const auto& [folder, ours] : folders) {
        for (const fs::path& entry : entriesOf(folder)) {
            std::error_code code;
            if (isTemporary(entry, ours) && fs::is_regular_file(entry, code)) fs::remove(entry, code);
        }
    }
}

void RunDirectory::write(const RunRecord& record) {
    willMake(paths_.record());
    writeFileAtomically(paths_.record(), formatRunRecord(record));
}

void RunDirectory::keep(const ImageDataset& images) {
    std::error_code code;
    if (fs::exists(paths_.images(), code)) return;
    willMake(paths_.images());
    writeDataset(paths_.images(), images);
}

void RunDirectory::discard() noexcept {
    std::error_code ignored;
    // Folders that hold something are not removed.
    for (const fs::path& path : madeInside_ | std::views::reverse)
        fs::remove(path, ignored);
    lock_.reset();
    for (const fs::path& folder : madeFolders_ | std::views::reverse)
        fs::remove(folder, ignored);
}

std::vector<fs::path> RunDirectory::prune(std::int64_t keepLast, std::int64_t keepEvery) {
    const std::vector<CheckpointFile> files = paths_.listCheckpoints();
    const auto last = static_cast<std::size_t>(std::max<std::int64_t>(keepLast, 1));
    std::vector<fs::path> removed;
    for (std::size_t i = 0; i + last < files.size(); ++i) {
        const RunPosition position = files[i].position;
        if (keepEvery > 0 && position.steps == 0 && position.epochs % keepEvery == 0) continue;
        std::error_code code;
        if (fs::remove(files[i].path, code)) removed.push_back(files[i].path);
        if (code) log::warn(files[i].path.string() + ": cannot be removed (" + code.message() + ")");
    }
    return removed;
}

}  // namespace dinoscope
