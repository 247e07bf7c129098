#include "engine/api/replay.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/train/probes.h"
#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"
#include "engine/train/run/train_options.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

namespace {

/// "photos" of "/home/lovelace/photos/"
std::string lastName(const std::string& path) {
    const fs::path whole(path);
    return (whole.has_filename() ? whole.filename() : whole.parent_path().filename()).string();
}

/// Where things lay on the machine that trained is nobody's business.
RunRecord withoutPlaces(RunRecord record) {
    record.data.path = lastName(record.data.path);
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (!record.options.isSet(spec.key)) continue;
        if (spec.type == OptionType::Path) {
            record.options.set(spec.key, OptionValue(lastName(record.options.text(spec.key))));
        } else if (spec.type == OptionType::Paths) {
            std::vector<std::string> names;
            for (const std::string& path : record.options.paths(spec.key))
                names.push_back(lastName(path));
            record.options.set(spec.key, OptionValue(std::move(names)));
        }
    }
    return record;
}

/// Of the probe images: names that tell them apart without their folders.
class ProbeNames {
public:
    explicit ProbeNames(const std::vector<ProbeMetrics>& probes) {
        std::set<std::string> taken;
        for (const ProbeMetrics& probe : probes) {
            if (names_.contains(probe.image)) continue;
            std::string name = lastName(probe.image);
            for (int i = 2; !taken.insert(name).second; ++i)
                name = lastName(probe.image) + " (" + std::to_string(i) + ")";
            names_[probe.image] = name;
        }
    }
    const std::string& of(const ProbeMetrics& probe) const { return names_.at(probe.image); }

private:
    std::map<std::string, std::string> names_;
};

/// Every n-th step, the last one always: it tells how far the run is.
std::string thinned(const Metrics& metrics, const ProbeNames& names) {
    const auto steps = static_cast<std::int64_t>(metrics.steps.size());
    const std::int64_t every = std::max<std::int64_t>(1, (steps + kReplaySteps - 1) / kReplaySteps);
    std::multimap<std::int64_t, std::string> lines;  // those of a step in the order they are put in
    for (std::int64_t i = (steps - 1) % every; i < steps; i += every)
        lines.emplace(metrics.steps[std::size_t(i)].step, formatMetrics(metrics.steps[std::size_t(i)]));
    for (const EpochMetrics& epoch : metrics.epochs)
        lines.emplace(epoch.step, formatMetrics(epoch));
    for (ProbeMetrics probe : metrics.probes) {
        probe.image = names.of(probe);
        lines.emplace(probe.step, formatMetrics(probe));
    }
    std::string text;
    for (const auto& [step, line] : lines)
        text += line;
    return text;
}

/// A look without the neighbours, which are images of others.
void copyLook(const fs::path& source, const fs::path& target, const std::string& name) {
    const std::vector<std::byte> bytes = readFile(source);
    const SafetensorsFile content(bytes, source.string());
    std::vector<SafetensorsItem> items;
    for (const SafetensorsFile::Entry& entry : content.entries()) {
        if (entry.name != "attention" && entry.name != "teacher" && entry.name != "student") continue;
        items.push_back({entry.name, entry.view.type, entry.view.sizes, entry.view.bytes});
    }
    std::map<std::string, std::string> words;
    for (const auto& [key, word] : content.metadata()) {
        if (!key.starts_with("neighbour")) words[key] = key == "image" ? name : word;
    }
    writeSafetensors(target, items, words);
}

void copyProbes(const RunPaths& from, const RunPaths& to, const Metrics& metrics, const ProbeNames& names,
                JobControl& control) {
    const fs::path pictures = to.probes() / "pictures";
    makeFolder(pictures);
    control.setTotal(static_cast<std::int64_t>(metrics.probes.size()), "looks");
    for (const ProbeMetrics& probe : metrics.probes) {
        control.poll();
        const std::string name = lastName(probe.file);
        copyLook(from.probes() / name, to.probes() / name, names.of(probe));
        control.advance();
    }
    std::error_code failed;
    for (const fs::directory_entry& picture : fs::directory_iterator(from.probes() / "pictures", failed)) {
        const std::string name = picture.path().filename().string();
        if (name.starts_with(Probes::kPicturePrefix))
            writeFileAtomically(pictures / name, readFile(picture.path()));
    }
}

std::int64_t bytesBelow(const fs::path& folder) {
    std::int64_t bytes = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) bytes += static_cast<std::int64_t>(entry.file_size());
    }
    return bytes;
}

/// A folder under another name, which goes away unless it gets its own.
class UnfinishedFolder {
public:
    explicit UnfinishedFolder(fs::path folder) : folder_(std::move(folder)), part_(folder_) {
        part_ += ".part";
        std::error_code failed;
        const bool empty = fs::is_directory(folder_, failed) && fs::is_empty(folder_, failed);
        if (fs::exists(folder_, failed) && !empty)
            throw Error("it is there already", folder_.string(), "give the name of a new folder");
        fs::remove_all(part_, failed);
        makeFolder(part_);
    }
    ~UnfinishedFolder() {
        std::error_code failed;
        fs::remove_all(part_, failed);
    }
    UnfinishedFolder(const UnfinishedFolder&) = delete;
    UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

    const fs::path& path() const { return part_; }
    void commit() {
        std::error_code failed;
        fs::rename(part_, folder_, failed);
        if (failed) throw fileError("be renamed", part_, failed.value());
        syncFolder(folder_.parent_path());
    }

private:
    fs::path folder_;
    fs::path part_;
};

}  // namespace

std::int64_t writeReplay(const fs::path& run, const fs::path& folder, JobControl& control) {
    const RunPaths from(run);
    const RunRecord record = readRunRecord(from.record());
    const Metrics metrics = readMetrics(from.metrics());
    const ProbeNames names(metrics.probes);
    // "replay/" would get its part inside of itself.
    UnfinishedFolder unfinished(folder.has_filename() ? folder : folder.parent_path());
    const RunPaths to(unfinished.path());
    writeFileAtomically(to.record(), formatRunRecord(withoutPlaces(record)));
    writeFileAtomically(to.metrics(), thinned(metrics, names));
    if (!metrics.probes.empty()) copyProbes(from, to, metrics, names, control);
    const std::int64_t bytes = bytesBelow(to.folder());
    unfinished.commit();
    return bytes;
}

}  // namespace dinoscope::api
