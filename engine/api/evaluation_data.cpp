#include "engine/api/evaluation_data.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/api/gallery_impl.h"
#include "engine/api/model_impl.h"
#include "engine/base/hash.h"

namespace dinoscope::api {

namespace {

/// Of "train" or "val": where its images are.
std::string sourceOf(const OptionValues& options, const char* key) {
    const std::string& folder = options.text("data");
    if (!options.text(key).empty() || folder.empty()) return options.text(key);
    return (std::filesystem::path(folder) / key).string();
}

ImageDataset scan(const std::string& source, const char* key, JobControl& control) {
    if (source.empty()) {
        throw UsageError(std::string("no images are named with --") + key, {},
                         "give a folder of class folders, or with --data one that holds train and val");
    }
    JobControl part(control);
    ImageDataset dataset = ImageDataset::scan(source, part);
    if (!dataset.hasLabels()) {
        throw Error("these images have no classes", source,
                    "give a folder whose subfolders are the classes, two or more, or a list with labels");
    }
    return dataset;
}

/// What the scan of `source` left out.
void addUnreadable(EvaluationSets& sets, const ImageDataset& dataset, const std::string& source) {
    for (const UnreadableImage& image : dataset.unreadable()) {
        // A line of a list need not name an image.
        if (image.name.empty()) {
            sets.skipped.push_back({source, image.describe()});
        } else {
            sets.skipped.push_back({dataset.root() / image.name, image.reason});
        }
    }
    sets.skippedCount += dataset.unreadableCount();
}

/// Of the files' whole names, in order.
std::vector<std::uint64_t> hashesOf(const ImageDataset& dataset) {
    std::error_code code;
    const std::filesystem::path root = std::filesystem::weakly_canonical(dataset.root(), code);
    std::vector<std::uint64_t> hashes;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        hashes.push_back(hashOfName((root / dataset.name(i)).lexically_normal().string()));
    std::ranges::sort(hashes);
    return hashes;
}

/// Files that are in both sets.
std::int64_t countShared(const ImageDataset& train, const ImageDataset& val) {
    const std::vector<std::uint64_t> known = hashesOf(train);
    return std::ranges::count_if(
        hashesOf(val), [&known](std::uint64_t hash) { return std::ranges::binary_search(known, hash); });
}

/// Which of several networks it is that are called alike.
std::string variantOf(const Model& model) {
    const ModelInfo& info = model.info();
    if (info.untrained()) return "seed " + std::to_string(model.source().seed);
    std::string variant = info.checkpointKeys.size() > 1 ? info.checkpointKey : std::string();
    if (info.epoch) variant += (variant.empty() ? "epoch " : ", epoch ") + std::to_string(*info.epoch);
    return variant;
}

}  // namespace

EvaluationData::EvaluationData(const OptionValues& options, JobControl& control)
    : trainName_(sourceOf(options, "train")),
      valName_(sourceOf(options, "val")),
      train_(scan(trainName_, "train", control)),
      val_(scan(valName_, "val", control)) {
    std::map<std::string, std::int32_t> numbers;
    for (const std::string& name : train_.classes()) {
        trainNumbers_.push_back(static_cast<std::int32_t>(trainNumbers_.size()));
        numbers.emplace(name, trainNumbers_.back());
    }
    for (const std::string& name : val_.classes()) {
        const auto found = numbers.find(name);
        if (found == numbers.end()) {
            throw Error("the class '" + name + "' has no training images", valName_,
                        "add some to " + trainName_ + ", or take its folder out");
        }
        valNumbers_.push_back(found->second);
    }
    shared_ = countShared(train_, val_);
    if (shared_ > 0) {
        control.note(std::to_string(shared_) + " of the " + std::to_string(val_.size()) +
                     " validation images are training images too: what is found says little about others");
    }
    const Placement placement = choosePlacement(options, Purpose::Numbers);
    JobControl loading(control);
    model_ = Model::load(modelSource(options, std::uint64_t(options.integer("seed"))), placement, loading);
    input_ = {int(options.integer("resize")), int(options.integer("crop")), model_->info().patchSize};
    input_.check();
    control.setTotal(train_.size() + val_.size(), "images");
}

EvaluationSets EvaluationData::describe() const {
    EvaluationSets sets;
    sets.train = trainName_;
    sets.val = valName_;
    sets.model = nameOf(*model_);
    sets.variant = variantOf(*model_);
    sets.fingerprint = model_->impl().fingerprint;
    sets.placement = model_->placement();
    sets.sharedImages = shared_;
    addUnreadable(sets, train_, trainName_);
    addUnreadable(sets, val_, valName_);
    return sets;
}

void addSkipped(EvaluationSets& sets, const std::vector<SkippedFile>& skipped) {
    for (const auto& [file, reason] : skipped)
        sets.skipped.push_back({file, reason});
    sets.skippedCount += static_cast<std::int64_t>(skipped.size());
}

}  // namespace dinoscope::api
