#include "engine/api/indexer.h"

#include <sys/stat.h>

#include <chrono>
#include <map>
#include <mutex>
#include <unordered_set>

#include "engine/api/gallery_impl.h"
#include "engine/api/model_impl.h"
#include "engine/api/weights_name.h"
#include "engine/data/folder_scan.h"
#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/fit_whitening.h"
#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/store/find_record.h"
#include "engine/neighbours/store/gallery_writer.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostUnsaved = 4096;
constexpr std::chrono::seconds kLongestUnsaved{1};
constexpr std::int64_t kWhiteningSample = 100'000;

struct FoundFile {
    std::string name;
    std::int64_t bytes = 0;
    std::int64_t modified = 0;
};

/// What the source folder holds.
struct FoundFiles {
    std::vector<FoundFile> files;
    /// Folders, "cats/", of which all is known and that hold something. A folder that is gone or empty may be
    /// that of a disk that is not mounted.
    std::unordered_set<std::string> listed;
    std::map<std::string, std::string> unlisted;  ///< folders that cannot be listed, and why

    void add(const FolderListing& listing) {
        if (!listing.failure.empty()) {
            unlisted.emplace(listing.inside, listing.failure);
        } else if (!listing.isEmpty) {
            listed.insert(listing.inside);
        }
    }

    /// The outermost folder around a file that cannot be listed: whether the file is there is not known.
    std::optional<std::string> unlistedAround(const std::string& name) const {
        for (std::size_t end = 0; !unlisted.empty(); ++end) {
            std::string folder = name.substr(0, end);
            if (unlisted.contains(folder)) return folder;
            end = name.find('/', end);
            if (end == std::string::npos) break;
        }
        return std::nullopt;
    }
};

/// "cats/" of "cats/2.jpg", empty where it lies in no subfolder.
std::string folderOf(const std::string& name) {
    return name.substr(0, name.rfind('/') + 1);
}

std::int64_t nanosecondsNow() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::string labelOf(const std::string& name) {
    const auto slash = name.find('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A graph that knows nearly all is good enough: what is newer is searched beside it.
bool hasGoodGraph(const fs::path& gallery, std::uint64_t generation) {
    constexpr std::int64_t kNewer = 20;
    const FeatureMatrix matrix = FeatureMatrix::open(gallery, generation);
    const FeatureRows rows = rowsOf(matrix);
    const auto there = ApproximateIndex::load(rows, gallery, generation);
    return there && rows.count - there->rows() <= there->rows() / kNewer;
}

/// One run of `dino index`.
class Indexer {
public:
    Indexer(const fs::path& source, const OptionValues& options, JobControl& control)
        : source_(source), options_(options), control_(control) {
        report_.gallery = options.text("gallery");
        report_.placement = choosePlacement(options, Purpose::LiveView);
        JobControl loading(control);
        model_ = Model::load(modelSource(options, std::uint64_t(options.integer("seed"))), report_.placement,
                             loading);
        describeRecord();
    }

    IndexReport run(bool withGraph) {
        const FoundFiles found = scan();
        requireEnoughToWhiten(std::ssize(found.files));
        writer_.emplace(report_.gallery, record_);
        tellRepairs();
        openWhitening();
        markVanished(found);
        compute(changed(found.files));
        forget();
        if (record_.terms.whitened && !writer_->isWhitened()) whiten();
        writer_->tidy(control_);
        tellRepairs();
        report_.items = static_cast<std::int64_t>(writer_->images().size());
        report_.approximateDue = report_.items >= options_.integer("approximate-from") &&
                                 !hasGoodGraph(report_.gallery, writer_->generation());
        if (withGraph && report_.approximateDue) {
            JobControl building(control_);
            buildGraph(report_.gallery, writer_->generation(), building);
            report_.approximateDue = false;
        }
        return std::move(report_);
    }

private:
    /// Those that were not told yet.
    void tellRepairs() {
        const std::vector<std::string>& notes = writer_->repair().notes;
        for (; told_ < notes.size(); ++told_)
            control_.note(notes[told_]);
    }

    void describeRecord() {
        const FeatureNetwork network = model_->impl().featureNetwork();
        GalleryTerms& terms = record_.terms;
        terms.model = nameOf(*model_);
        terms.fingerprint = model_->impl().fingerprint;
        terms.kind = parseFeatureKind(options_.text("features"));
        terms.layers = terms.kind == FeatureKind::Concat ? int(options_.integer("layers")) : 1;
        network.check(terms.kind, terms.layers);
        terms.resize = int(options_.integer("resize"));
        terms.crop = int(options_.integer("crop"));
        terms.bf16 = report_.placement.precision == Precision::Bf16;
        terms.storage = parseStorageType(options_.text("storage"));
        record_.inputDim = network.dim(terms.kind, terms.layers);
        terms.dim = record_.inputDim;
        if (const std::int64_t kept = options_.integer("whiten"); kept > 0) {
            if (kept > record_.inputDim) {
                throw UsageError("the features have " + std::to_string(record_.inputDim) + " dimensions",
                                 "--whiten", "give at most as many");
            }
            terms.whitened = true;
            terms.dim = int(kept);
        }
        record_.source = source_;
        record_.modelOptions = toMap(model_->source());
        const std::string& weights = record_.modelOptions["weights"];
        if (!isNamed(weights)) record_.modelOptions["weights"] = wholePath(weights).string();
    }

    FoundFiles scan() {
        control_.setTotal(0, "images");
        FoundFiles found;
        const auto visit = [&](const std::string& name) {
            control_.poll();
            struct stat status {};
            FoundFile file{name};
            if (stat((source_ / name).c_str(), &status) == 0) {
                file.bytes = status.st_size;
                file.modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
            }
            found.files.push_back(std::move(file));
        };
        // Those of a format that is not read are skipped and told like any other that cannot be.
        visitImages(source_, true, control_, visit, [&](const FolderListing& listing) { found.add(listing); },
                    {.visitsForeign = true});
        if (found.files.empty()) {
            throw Error("there is no image here", source_.string(), "name a folder with JPEG or PNG images");
        }
        return found;
    }

    /// Before anything is computed or written.
    void requireEnoughToWhiten(std::int64_t files) const {
        if (!record_.terms.whitened || files > record_.terms.dim || findGalleryRecord(report_.gallery))
            return;
        throw UsageError("the features of " + std::to_string(files) + " images cannot be whitened to " +
                             std::to_string(record_.terms.dim) + " numbers",
                         "--whiten", "give less than the number of images, or leave it out");
    }

    /// Features that were whitened by what is lost can be neither extended nor asked for.
    void openWhitening() {
        if (!writer_->isWhitened()) return;
        try {
            whitening_ = readWhitening(report_.gallery, record_);
        } catch (const DamagedWhitening& damage) {
            control_.note(damage.where() + ": " + damage.problem() + "; the features are computed again");
            writer_->discardFeatures();
        }
    }

    /// Images that are not found are marked. Those that an earlier run marked are forgotten at the end of
    /// this one, if their folder is there without them.
    void markVanished(const FoundFiles& found) {
        std::unordered_set<std::string_view> there;
        for (const FoundFile& file : found.files)
            there.insert(file.name);
        std::vector<std::string> gone;
        std::map<std::string, std::int64_t> unknown;
        for (const auto& [name, image] : writer_->images()) {
            if (there.contains(name)) continue;
            if (const auto folder = found.unlistedAround(name)) {
                ++unknown[*folder];
            } else {
                gone.push_back(name);
            }
        }
        for (const auto& [name, image] : writer_->vanished()) {
            if (!there.contains(name) && !found.unlistedAround(name) &&
                found.listed.contains(folderOf(name))) {
                forgotten_.push_back(name);
            }
        }
        for (const auto& [folder, images] : unknown) {
            if (options_.flag("forget-missing") && isMissing(source_ / folder)) continue;
            control_.note((source_ / folder).string() + ": the folder cannot be listed (" +
                          found.unlisted.at(folder) + "); what the gallery has of it, " +
                          std::to_string(images) + (images == 1 ? " image" : " images") + ", stays");
        }
        writer_->markVanished(gone, nanosecondsNow());
        report_.removed = static_cast<std::int64_t>(gone.size());
    }

    /// Once what was renamed has taken its features over.
    void forget() {
        writer_->remove(forgotten_);
        report_.forgotten = static_cast<std::int64_t>(forgotten_.size());
        if (!options_.flag("forget-missing")) return;
        JobControl looking(control_);
        report_.forgotten += writer_->forgetMissing(looking);
    }

    /// Files to read. What is as it was needs none of that, nor does what had vanished and is as it was
    /// before.
    std::vector<FoundFile> changed(const std::vector<FoundFile>& files) {
        std::vector<FoundFile> changed;
        std::vector<std::string> returned;
        for (const FoundFile& file : files) {
            const auto isAmong = [&file](const auto& images) {
                const auto known = images.find(file.name);
                return known != images.end() && known->second.bytes == file.bytes &&
                       known->second.modified == file.modified;
            };
            if (isAmong(writer_->images())) {
                ++report_.unchanged;
            } else if (isAmong(writer_->vanished())) {
                returned.push_back(file.name);
            } else {
                changed.push_back(file);
            }
        }
        writer_->restore(returned);
        report_.added += static_cast<std::int64_t>(returned.size());
        report_.recovered += static_cast<std::int64_t>(returned.size());
        return changed;
    }

    void compute(const std::vector<FoundFile>& files) {
        control_.setTotal(static_cast<std::int64_t>(files.size()), "images");
        FeatureRecipe recipe;
        recipe.input = {record_.terms.resize, record_.terms.crop, 0};
        recipe.kind = record_.terms.kind;
        recipe.layers = record_.terms.layers;
        recipe.thumbnails = true;
        FeatureStream stream(model_->impl().featureNetwork(), recipe);
        std::vector<fs::path> paths;
        for (const FoundFile& file : files)
            paths.push_back(source_ / file.name);
        const auto start = Clock::now();
        lastSave_ = start;
        const auto knows = [this](const ContentHash& content) {
            const std::lock_guard lock(writing_);
            return writer_->knows(content);
        };
        const auto sink = [&](std::vector<StreamedImage> images) {
            for (StreamedImage& image : images)
                take(files[image.index], std::move(image));
            if (unsaved_.size() >= kMostUnsaved || Clock::now() - lastSave_ >= kLongestUnsaved) save();
        };
        try {
            stream.run(paths, knows, sink, control_);
        } catch (const Cancelled&) {
            save();
            throw;
        }
        save();
        writer_->markVanished(spoilt_, nanosecondsNow());
        report_.seconds = secondsSince(start);
        if (computed_ > 0) report_.imagesPerSecond = double(computed_) / report_.seconds;
    }

    void take(const FoundFile& file, StreamedImage streamed) {
        control_.advance();
        const auto known = writer_->images().find(file.name);
        const bool isKnown = known != writer_->images().end();
        if (!streamed.failure.empty()) {
            report_.skipped.push_back({source_ / file.name, streamed.failure});
            control_.note("skipped " + file.name + ": " + streamed.failure);
            if (isKnown) spoilt_.push_back(file.name);
            return;
        }
        if (isKnown && known->second.content == streamed.content) {
            ++report_.unchanged;
        } else {
            ++(isKnown ? report_.updated : report_.added);
            if (streamed.feature.empty()) ++report_.recovered;
        }
        if (!streamed.feature.empty()) {
            ++computed_;
            if (whitening_) streamed.feature = whitening_->apply(streamed.feature);
        }
        unsaved_.push_back({file.name, file.bytes, file.modified, streamed.content, labelOf(file.name),
                            std::move(streamed.feature), std::move(streamed.thumbnail)});
    }

    void save() {
        const std::lock_guard lock(writing_);
        writer_->put(unsaved_);
        unsaved_.clear();
        lastSave_ = Clock::now();
    }

    void whiten() {
        const std::vector<float> sample = writer_->sample(kWhiteningSample);
        const Whitening whitening = fitWhitening(sample, record_.inputDim, record_.terms.dim);
        writeWhitening(report_.gallery, whitening);
        writer_->rewrite(
            true, [&](const std::vector<float>& feature) { return whitening.apply(feature); }, control_);
    }

    const fs::path source_;
    const OptionValues& options_;
    JobControl& control_;
    IndexReport report_;
    GalleryRecord record_;
    std::shared_ptr<const Model> model_;
    std::optional<GalleryWriter> writer_;
    std::optional<Whitening> whitening_;
    std::vector<NewImage> unsaved_;
    std::vector<std::string> spoilt_;     ///< files that were images when they were indexed before
    std::vector<std::string> forgotten_;  ///< images that vanished before this run
    std::mutex writing_;                  ///< other threads ask what is known
    Clock::time_point lastSave_;
    std::int64_t computed_ = 0;
    std::size_t told_ = 0;  ///< repairs
};

}  // namespace

fs::path wholePath(const fs::path& path) {
    std::error_code code;
    fs::path whole = fs::weakly_canonical(fs::absolute(path), code);
    if (code) return path;
    return whole.has_filename() ? whole : whole.parent_path();
}

void buildGraph(const fs::path& gallery, std::uint64_t generation, JobControl& control) {
    const FeatureMatrix matrix = FeatureMatrix::open(gallery, generation);
    ApproximateIndex::build(rowsOf(matrix), gallery, generation, control);
}

IndexReport bringInLine(const fs::path& source, const OptionValues& options, bool withGraph,
                        JobControl& control) {
    return Indexer(wholePath(source), options, control).run(withGraph);
}

}  // namespace dinoscope::api
