#include "engine/api/evaluation_data.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/api/gallery_impl.h"
#include "engine/api/model_impl.h"
#include "engine/base/atomic_file.h"
#include "engine/base/csv.h"
#include "engine/image/colour_map.h"
#include "engine/image/encode.h"
#include "engine/nn/state_dict.h"

namespace dinoscope::api {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kTop = 5;

ImageDataset scan(const OptionValues& options, const char* key, JobControl& control) {
    const std::string& source = options.text(key);
    if (source.empty()) {
        throw UsageError(std::string("no images are named with --") + key, {},
                         "give a folder of class folders");
    }
    JobControl part(control);
    ImageDataset dataset = ImageDataset::scan(source, part);
    if (!dataset.hasLabels()) {
        throw Error("these images have no classes", source,
                    "give a folder whose subfolders are the classes, two or more, or a list with labels");
    }
    return dataset;
}

/// What would be told only when all is computed.
const OptionValues& checked(const OptionValues& options) {
    const std::filesystem::path picture = options.text("confusion");
    if (picture.empty()) return options;
    if (picture.extension() != ".png" && picture.extension() != ".PNG") {
        throw UsageError("the confusion matrix is written as PNG", "--confusion",
                         "let '" + picture.string() + "' end in .png");
    }
    requireFolderFor(picture);
    return options;
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

ordered_json setsToJson(const EvaluationSets& sets) {
    ordered_json skipped = ordered_json::array();
    for (const SkippedImage& image : sets.skipped)
        skipped.push_back({{"file", image.file.string()}, {"reason", image.reason}});
    return {{"train", sets.train},
            {"val", sets.val},
            {"model", sets.model},
            {"variant", sets.variant.empty() ? ordered_json(nullptr) : ordered_json(sets.variant)},
            {"fingerprint", sets.fingerprint},
            {"device", sets.placement.device},
            {"precision", name(sets.placement.precision)},
            {"train_images", sets.trainImages},
            {"val_images", sets.valImages},
            {"skipped", skipped},
            {"skipped_count", sets.skippedCount},
            {"shared_images", sets.sharedImages},
            {"dim", sets.dim}};
}

void appendScores(ordered_json& document, const std::vector<ClassScore>& classes,
                  const ConfusionMatrix& confusion) {
    ordered_json table = ordered_json::array();
    for (const ClassScore& one : classes)
        table.push_back(
            {{"class", one.name}, {"images", one.images}, {"top1", one.top1}, {"top5", one.top5}});
    document["classes"] = table;
    ordered_json rows = ordered_json::array();
    for (std::size_t truth = 0; truth < confusion.classes.size(); ++truth) {
        ordered_json row = ordered_json::array();
        for (std::size_t predicted = 0; predicted < confusion.classes.size(); ++predicted)
            row.push_back(confusion.count(truth, predicted));
        rows.push_back(row);
    }
    document["confusion"] = rows;
}

std::string dump(const ordered_json& document) {
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

EvaluationData::EvaluationData(const OptionValues& options, JobControl& control)
    : train_(scan(checked(options), "train", control)),
      val_(scan(options, "val", control)),
      trainName_(options.text("train")),
      valName_(options.text("val")) {
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

std::vector<std::pair<std::string, std::string>> chosenOf(const OptionValues& options,
                                                          std::initializer_list<const char*> keys) {
    std::vector<std::pair<std::string, std::string>> chosen;
    for (const char* key : keys) {
        if (!options.isDefault(key)) chosen.emplace_back(key, formatOptionValue(options.value(key)));
    }
    return chosen;
}

Tally::Tally(const std::vector<std::string>& classes)
    : confusion_{classes, std::vector<std::int64_t>(classes.size() * classes.size())},
      inTop5_(classes.size()) {}

void Tally::add(std::int32_t truth, std::span<const int> ranked) {
    const auto row = static_cast<std::size_t>(truth);
    ++confusion_.counts[row * confusion_.classes.size() + static_cast<std::size_t>(ranked.front())];
    const auto top = ranked.first(std::min(kTop, ranked.size()));
    if (std::find(top.begin(), top.end(), truth) != top.end()) ++inTop5_[row];
}

double Tally::top1() const {
    std::int64_t right = 0;
    std::int64_t all = 0;
    for (const ClassScore& one : scores())
        all += one.images;
    for (std::size_t i = 0; i < inTop5_.size(); ++i)
        right += confusion_.count(i, i);
    return all == 0 ? 0 : 100.0 * double(right) / double(all);
}

double Tally::top5() const {
    std::int64_t right = 0;
    std::int64_t all = 0;
    for (const ClassScore& one : scores())
        all += one.images;
    for (const std::int64_t count : inTop5_)
        right += count;
    return all == 0 ? 0 : 100.0 * double(right) / double(all);
}

std::vector<ClassScore> Tally::scores() const {
    std::vector<ClassScore> scores;
    for (std::size_t truth = 0; truth < inTop5_.size(); ++truth) {
        ClassScore one;
        one.name = confusion_.classes[truth];
        for (std::size_t predicted = 0; predicted < inTop5_.size(); ++predicted)
            one.images += confusion_.count(truth, predicted);
        if (one.images > 0) {
            one.top1 = 100.0 * double(confusion_.count(truth, truth)) / double(one.images);
            one.top5 = 100.0 * double(inTop5_[truth]) / double(one.images);
        }
        scores.push_back(one);
    }
    return scores;
}

Image confusionPicture(const ConfusionMatrix& confusion) {
    constexpr int kSide = 800;
    const int classes = int(confusion.classes.size());
    if (classes == 0) throw Error("there is no class to draw");
    const int cell = std::max(1, kSide / classes);
    Image picture(classes * cell, classes * cell);
    for (int truth = 0; truth < classes; ++truth) {
        std::int64_t all = 0;
        for (int predicted = 0; predicted < classes; ++predicted)
            all += confusion.count(std::size_t(truth), std::size_t(predicted));
        for (int predicted = 0; predicted < classes; ++predicted) {
            const auto count = double(confusion.count(std::size_t(truth), std::size_t(predicted)));
            const std::uint32_t rgb =
                colour(ColourMap::Viridis, all == 0 ? 0.0F : float(count / double(all)));
            for (int y = truth * cell; y < (truth + 1) * cell; ++y) {
                for (int x = predicted * cell; x < (predicted + 1) * cell; ++x) {
                    std::uint8_t* pixel = picture.at(x, y);
                    pixel[0] = std::uint8_t(rgb >> 16);
                    pixel[1] = std::uint8_t(rgb >> 8);
                    pixel[2] = std::uint8_t(rgb);
                }
            }
        }
    }
    return picture;
}

void writeConfusion(const OptionValues& options, const ConfusionMatrix& confusion) {
    if (!options.text("confusion").empty()) writePng(options.text("confusion"), confusionPicture(confusion));
}

std::string toCsv(const std::vector<ClassScore>& classes) {
    std::string text = "class,images,top1,top5\r\n";
    for (const ClassScore& each : classes) {
        char scores[64];
        std::snprintf(scores, sizeof(scores), ",%.1f,%.1f\r\n", each.top1, each.top5);
        text += csvField(each.name) + ',' + std::to_string(each.images) + scores;
    }
    return text;
}

std::string toJson(const KnnReport& report) {
    ordered_json document = setsToJson(report.sets);
    document["temperature"] = report.temperature;
    ordered_json results = ordered_json::array();
    for (const KnnScore& one : report.results)
        results.push_back({{"k", one.k}, {"top1", one.top1}, {"top5", one.top5}});
    document["results"] = results;
    document["left_out"] = report.leftOut;
    document["best_k"] = report.bestK;
    appendScores(document, report.classes, report.confusion);
    return dump(document);
}

std::string toJson(const LinearReport& report) {
    ordered_json document = setsToJson(report.sets);
    document["method"] = report.method;
    if (report.method == "lbfgs") {
        document["penalty"] = report.penalty;
    } else {
        document["epochs"] = report.epochs;
        document["learning_rate"] = report.learningRate;
    }
    document["results"] = ordered_json::array({{{"top1", report.top1}, {"top5", report.top5}}});
    appendScores(document, report.classes, report.confusion);
    return dump(document);
}

}  // namespace dinoscope::api
