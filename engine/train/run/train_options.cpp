#include "engine/train/run/train_options.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/base/common_options.h"
#include "engine/base/error.h"
#include "engine/train/run/train_option_specs.h"

namespace dinoscope {

namespace {

/// Of DINO's head, which the supervised objective does not have: they would make another network.
constexpr std::array<std::string_view, 2> kHeadFlags{"predictor", "use-bn-in-head"};

bool isOneOf(std::string_view key, std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

[[noreturn]] void refuse(const OptionValues& values, std::string_view key, const std::string& problem,
                         const std::string& remedy) {
    throw UsageError("'" + formatOptionValue(values.value(key)) + "' is not allowed: " + problem,
                     "--" + std::string(key), remedy);
}

/// None of these may outlast the run.
void checkWarmups(const OptionValues& values) {
    const std::int64_t epochs = values.integer("epochs");
    for (const char* key : {"warmup-teacher-temp-epochs", "warmup-epochs", "freeze-last-layer"}) {
        if (values.integer(key) <= epochs) continue;
        const std::string length = std::to_string(epochs);
        refuse(values, key, "the run is " + length + (epochs == 1 ? " epoch long" : " epochs long"),
               "give 0 to " + length + ", or more --epochs");
    }
}

void checkCrops(const OptionValues& values) {
    for (const char* key : {"global-crops-scale", "local-crops-scale"}) {
        const RealPair scale = values.pair(key);
        if (scale.first > 0 && scale.first <= scale.second) continue;
        refuse(values, key, "the first number is the least share of the image, the second the greatest",
               "give two numbers above 0 and up to 1, the smaller one first");
    }
    if (!isVit(values)) return;
    const std::int64_t patch = values.integer("patch-size");
    for (const char* key : {"img-size", "global-crop-size", "local-crop-size"}) {
        if (values.integer(key) % patch == 0) continue;
        if (std::string_view(key) == "local-crop-size" && values.integer("local-crops-number") == 0) continue;
        const std::int64_t below = values.integer(key) / patch * patch;
        const std::string nearest =
            (below > 0 ? std::to_string(below) + " or " : std::string()) + std::to_string(below + patch);
        refuse(values, key, "it must be a multiple of the patch size " + std::to_string(patch),
               "give " + nearest);
    }
}

void checkTargets(const OptionValues& values) {
    if (values.text("objective") == "dino") return;
    for (const std::string_view key : kHeadFlags) {
        if (!values.flag(key)) continue;
        refuse(values, key, "it belongs to DINO's head",
               "give --no-" + std::string(key) + ", or --objective dino");
    }
}

void checkBatch(const OptionValues& values) {
    const std::int64_t batch = values.integer("batch-size-per-gpu");
    const std::int64_t micro = values.integer("micro-batch");
    if (micro > batch) {
        refuse(values, "micro-batch", "a batch has " + std::to_string(batch) + " images",
               "give 1 to " + std::to_string(batch) + ", or 0 for what fits");
    }
    const bool normalises = normalisesBatches(values);
    if (normalises && batch < 2) {
        refuse(values, "batch-size-per-gpu", "batch normalisation needs more than one image",
               "give at least 2");
    }
    if (normalises && micro == 1) {
        refuse(values, "micro-batch", "batch normalisation needs more than one image", "give at least 2");
    }
}

/// Of --use-fp16 about --precision.
void settlePrecision(OptionValues& values, std::vector<std::string>& notes) {
    if (!values.isSet("use-fp16")) return;
    const bool half = values.flag("use-fp16");
    if (!half && values.text("precision") == "bf16") {
        throw UsageError("'false' contradicts --precision bf16", "--use-fp16", "leave one of them out");
    }
    if (!half && values.text("precision") == "auto") {
        values.set("precision", std::string_view("fp32"));
        notes.emplace_back("--use-fp16 false is taken as --precision fp32");
    }
    if (half && !values.isSet("precision")) {
        notes.emplace_back(
            "--use-fp16 true is taken as --precision auto: bf16 where it is fast, fp32 elsewhere");
    }
}

/// Options that others take the effect from.
struct IdleRule {
    const char* reason;
    bool (*holds)(const OptionValues&);
    std::vector<std::string> keys;
};

const std::vector<IdleRule>& idleRules() {
    static const std::vector<IdleRule> rules{
        {"with --objective supervised, which has neither DINO's head and targets nor local crops",
         [](const OptionValues& values) { return values.text("objective") == "supervised"; },
         {"out-dim", "norm-last-layer", "freeze-last-layer", "use-bn-in-head", "predictor",
          "momentum-teacher", "warmup-teacher-temp", "teacher-temp", "warmup-teacher-temp-epochs",
          "student-temp", "centre-momentum", "targets", "centring", "sharpening", "loss",
          "local-crops-number", "local-crops-scale", "local-crop-size"}},
        {"with --loss mse, which knows neither centre nor temperatures",
         [](const OptionValues& values) { return values.text("loss") == "mse"; },
         {"warmup-teacher-temp", "teacher-temp", "warmup-teacher-temp-epochs", "student-temp",
          "centre-momentum", "targets", "centring", "sharpening"}},
        {"with --targets sinkhorn, which knows no centre",
         [](const OptionValues& values) { return values.text("targets") == "sinkhorn"; },
         {"centring", "centre-momentum"}},
        {"with --no-centring",
         [](const OptionValues& values) { return !values.flag("centring"); },
         {"centre-momentum"}},
        {"with --no-sharpening, which takes the student's temperature",
         [](const OptionValues& values) { return !values.flag("sharpening"); },
         {"warmup-teacher-temp", "teacher-temp", "warmup-teacher-temp-epochs"}},
        {"with a --teacher-update that knows no momentum",
         [](const OptionValues& values) { return values.text("teacher-update") != "ema"; },
         {"momentum-teacher"}},
        {"with a convolutional network",
         [](const OptionValues& values) { return !isVit(values); },
         {"patch-size", "img-size", "drop-path-rate", "activation-checkpointing"}},
        {"without --init",
         [](const OptionValues& values) { return values.text("init").empty() && !values.flag("resume"); },
         {"checkpoint-key"}}};
    return rules;
}

/// What is asked for and does nothing. What is refused says so itself.
void noteWithoutEffect(const OptionValues& values, std::vector<std::string>& notes) {
    for (const IdleOptions& idle : idleOptions(values)) {
        std::string keys;
        for (const std::string& key : idle.keys) {
            if (std::ranges::find(kHeadFlags, key) == kHeadFlags.end())
                keys += (keys.empty() ? "--" : ", --") + key;
        }
        if (!keys.empty()) notes.push_back("of no effect " + idle.reason + ": " + keys);
    }
}

}  // namespace

const OptionSchema& trainOptions() {
    static const OptionSchema schema = [] {
        OptionSchema joined(runTrainOptions(), modelTrainOptions());
        for (const OptionSchema* part :
             {&lossTrainOptions(), &optimizerTrainOptions(), &cropTrainOptions(), &commonOptions()}) {
            joined = OptionSchema(joined, *part);
        }
        return joined;
    }();
    return schema;
}

TrainOptionRole trainOptionRole(std::string_view key) {
    const OptionSpec* spec = trainOptions().find(key);
    if (!spec) throw UsageError("there is no such option", "--" + std::string(key), "see --help");
    const std::string& name = spec->key;
    if (name == "epochs") return TrainOptionRole::Length;
    if (name == "data") return TrainOptionRole::Data;
    if (isOneOf(name, {"device", "threads", "num-workers", "cache-memory", "micro-batch", "crops-on",
                       "activation-checkpointing"})) {
        return TrainOptionRole::Machine;
    }
    if (isOneOf(name, {"save-every", "saveckp-freq", "keep-last"})) return TrainOptionRole::Saving;
    if (isOneOf(name,
                {"probe", "probes-every", "probe-layers", "probe-student", "knn-every", "metrics-every"}))
        return TrainOptionRole::Probes;
    if (isOneOf(name, {"output", "preset", "resume", "plan", "force", "use-fp16"})) {
        return TrainOptionRole::Action;
    }
    return TrainOptionRole::Method;
}

bool isVit(const OptionValues& values) {
    return values.text("arch").starts_with("vit_");
}

bool normalisesBatches(const OptionValues& values) {
    return !isVit(values) || values.flag("use-bn-in-head");
}

bool dependsOnMicroBatch(const OptionValues& values) {
    return normalisesBatches(values) || values.text("targets") == "sinkhorn";
}

std::int64_t stepImages(const OptionValues& values) {
    return values.integer("batch-size-per-gpu") * values.integer("accumulate");
}

std::vector<std::string> settleTrainOptions(OptionValues& values) {
    std::vector<std::string> notes;
    settlePrecision(values, notes);
    noteWithoutEffect(values, notes);
    return notes;
}

std::vector<IdleOptions> idleOptions(const OptionValues& values) {
    std::vector<IdleOptions> found;
    std::set<std::string> told;
    for (const IdleRule& rule : idleRules()) {
        if (!rule.holds(values)) continue;
        IdleOptions idle{rule.reason, {}};
        for (const std::string& key : rule.keys) {
            if (!values.isDefault(key) && told.insert(key).second) idle.keys.push_back(key);
        }
        if (!idle.keys.empty()) found.push_back(std::move(idle));
    }
    return found;
}

void checkTrainOptions(const OptionValues& values) {
    checkWarmups(values);
    checkCrops(values);
    checkTargets(values);
    checkBatch(values);
}

void checkTrainInputs(const OptionValues& values) {
    if (values.text("data").empty()) {
        throw UsageError("no images are named", "--data", "give a folder of images or a text list of files");
    }
    if (values.text("output").empty() && !values.flag("plan")) {
        throw UsageError("no folder for the run is named", "--output", "give one with -o");
    }
}

std::vector<std::pair<std::string, OptionValue>> referenceArguments(const OptionValues& values) {
    static constexpr std::array kNames{"arch",
                                       "patch_size",
                                       "out_dim",
                                       "norm_last_layer",
                                       "momentum_teacher",
                                       "use_bn_in_head",
                                       "warmup_teacher_temp",
                                       "teacher_temp",
                                       "warmup_teacher_temp_epochs",
                                       "use_fp16",
                                       "weight_decay",
                                       "weight_decay_end",
                                       "clip_grad",
                                       "batch_size_per_gpu",
                                       "epochs",
                                       "freeze_last_layer",
                                       "lr",
                                       "warmup_epochs",
                                       "min_lr",
                                       "optimizer",
                                       "drop_path_rate",
                                       "global_crops_scale",
                                       "local_crops_number",
                                       "local_crops_scale",
                                       "data_path",
                                       "output_dir",
                                       "saveckp_freq",
                                       "seed",
                                       "num_workers"};
    std::vector<std::pair<std::string, OptionValue>> arguments;
    for (const char* name : kNames)
        arguments.emplace_back(name, values.value(name));
    return arguments;
}

}  // namespace dinoscope
