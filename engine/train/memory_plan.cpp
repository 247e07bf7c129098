#include "engine/train/memory_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "engine/base/memory.h"
#include "engine/train/device_memory.h"
#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"
#include "engine/train/view_uploader.h"

namespace dinoscope {

namespace {

constexpr double kFloat = 4;
constexpr double kHidden = 2048;
constexpr double kBottleneck = 256;
constexpr double kResNetParameters = 23.5e6;
/// Of a ResNet-50's activations that are kept for the backward pass, a pixel of the input.
constexpr double kResNetFp32PerPixel = 1080;
constexpr double kResNetBf16PerPixel = 526;

/// What a block of a ViT holds, in floats a token and dimension. tests/integration/memory_plan_test tells how
/// far the plan is off.
struct BlockCosts {
    /// For its backward pass: the input of both norms, their outputs, q, k, v, the mixed values twice, and
    /// the MLP's hidden layer before and after GELU.
    double kept;
    double forSelection;  ///< with drop path the rows that take part are copied for each branch
    double gradients;     ///< alive at once in its backward pass
    double teacher;       ///< at the widest place of a pass that keeps nothing
};

constexpr BlockCosts kFp32Block{15, 1, 14, 10};
/// The stream and the norms stay in fp32, what linear layers take and give is half as wide.
constexpr BlockCosts kBf16Block{9.6, 1, 10, 7};

/// What the libraries take once they work: thread stacks, scratch memory of matrix products.
constexpr std::int64_t kLibraries = 90'000'000;

/// Batches of crops that the loader makes ahead, and the one that is worked on. A card holds that one.
constexpr std::int64_t kLoadedBatches = 3;
constexpr std::int64_t kBatchesOnCard = 1;
/// Batches of which a card's training holds main memory.
constexpr std::int64_t kHeldBatches = kLoadedBatches + static_cast<std::int64_t>(ViewUploader::kMostAhead);

struct Shape {
    bool vit = true;
    double dim = 384;
    double depth = 12;
    double backbone = 0;    ///< parameters
    double head = 0;        ///< parameters, the prototypes aside
    double prototypes = 0;  ///< parameters
    double globalTokens = 0;
    double localTokens = 0;
    double views = 0;
    MultiCropOptions crops;

    double parameters() const { return backbone + head + prototypes; }
};

double tokens(const OptionValues& options, int side) {
    const double patches = std::floor(double(side) / double(options.integer("patch-size")));
    return patches * patches + 1;
}

Shape shapeOf(const OptionValues& options, std::int64_t classes) {
    Shape shape;
    shape.vit = isVit(options);
    shape.crops = multiCropOptions(options);
    shape.views = shape.crops.views();
    if (shape.vit) {
        const VitConfig config = vitConfig(options);
        shape.dim = config.dim;
        shape.depth = config.depth;
        for (const auto& [name, sizes] : expectedShapes(config)) {
            double count = 1;
            for (const std::int64_t size : sizes)
                count *= static_cast<double>(size);
            shape.backbone += count;
        }
        shape.globalTokens = tokens(options, shape.crops.globalSize);
        shape.localTokens = tokens(options, shape.crops.localSize);
    } else {
        shape.dim = 2048;
        shape.backbone = kResNetParameters;
    }
    if (options.text("objective") == "supervised") {
        shape.head = shape.dim * static_cast<double>(classes);
    } else {
        shape.head = (shape.dim + kHidden + kBottleneck) * kHidden;
        shape.prototypes = double(options.integer("out-dim")) * kBottleneck;
    }
    return shape;
}

double optimizerStates(const OptionValues& options) {
    return options.text("optimizer") == "adamw" ? 2 : 1;
}

/// Tokens of the student for some images.
double studentTokens(const Shape& shape, double images) {
    return images *
           (shape.crops.globalCrops * shape.globalTokens + shape.crops.localCrops * shape.localTokens);
}

double pixels(const Shape& shape, double images) {
    return images * (shape.crops.globalCrops * std::pow(shape.crops.globalSize, 2) +
                     shape.crops.localCrops * std::pow(shape.crops.localSize, 2));
}

const BlockCosts& blockCosts(bool bf16) {
    return bf16 ? kBf16Block : kFp32Block;
}

double studentActivations(const Shape& shape, const OptionValues& options, double images, bool bf16) {
    if (!shape.vit)
        return kFloat * (bf16 ? kResNetBf16PerPixel : kResNetFp32PerPixel) * pixels(shape, images);
    const double unit = kFloat * shape.dim * studentTokens(shape, images);
    const BlockCosts& costs = blockCosts(bf16);
    const double kept = costs.kept + (options.real("drop-path-rate") > 0 ? costs.forSelection : 0);
    const bool recomputing = options.flag("activation-checkpointing");
    return unit *
           (recomputing ? shape.depth + kept + costs.gradients : (shape.depth - 1) * kept + costs.gradients);
}

double teacherActivations(const Shape& shape, double images, bool bf16) {
    const double rows = images * shape.crops.globalCrops;
    if (!shape.vit) return kFloat * 40 * rows * std::pow(shape.crops.globalSize, 2);
    return kFloat * blockCosts(bf16).teacher * shape.dim * rows * shape.globalTokens;
}

/// Logits of student and teacher with their probabilities and gradients, and the student's normed prototypes
/// with their gradient.
double headActivations(const Shape& shape, const OptionValues& options, double images) {
    if (shape.prototypes == 0) return 0;
    const double outputs = double(options.integer("out-dim"));
    const double student = 2.5 * shape.views * images * outputs;
    const double teacher = 4 * shape.crops.globalCrops * images * outputs;
    return kFloat * (student + teacher + 2 * shape.prototypes);
}

/// Gradients that are there beside the activations. A backward pass makes those of the head first; the others
/// find room where activations have gone, unless each of those is smaller than what is to be put there. Those
/// that micro-batches add to stay, and recomputed activations leave no room. In bytes; a gradient in bf16,
/// which comes before that in fp32, leaves a hole then that nothing else fills.
double gradientsBeside(const Shape& shape, const OptionValues& options, double batch, double micro,
                       bool bf16) {
    const double all = (kFloat + (bf16 ? kFloat / 2 : 0)) * shape.parameters();
    const bool stay = micro < batch || options.integer("accumulate") > 1;
    const bool small = shape.vit && studentTokens(shape, micro) < shape.dim;
    if (stay || small || !shape.vit || options.flag("activation-checkpointing")) return all;
    return kFloat * (shape.head + shape.prototypes);
}

/// What crops are made of on a device, for as many batches as its memory holds at once.
double uploadedBytes(const MultiCropOptions& crops, double batch, std::int64_t imagePixels) {
    const auto held = static_cast<double>(1 + ViewUploader::kMostAhead);
    return held * batch * static_cast<double>(expectedSourceBytes(crops, imagePixels));
}

/// The same of main memory, which comes in blocks: the last of a batch is not full.
std::int64_t hostSources(const MultiCropOptions& crops, double batch, std::int64_t imagePixels) {
    constexpr auto kBlock = static_cast<std::int64_t>(ByteStore::kBlockBytes);
    const double bytes = batch * static_cast<double>(expectedSourceBytes(crops, imagePixels));
    return kHeldBatches * (static_cast<std::int64_t>(bytes) / kBlock + 1) * kBlock;
}

/// Page-locked memory of finished crops, which is given out in powers of two (c10's CachingHostAllocator).
std::int64_t hostCrops(const MultiCropOptions& crops, double batch) {
    const auto locked = [batch](double views, int side) {
        const double bytes = kFloat * 3 * views * side * side * batch;
        return bytes < 1 ? 0 : static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(bytes)));
    };
    return kHeldBatches *
           (locked(crops.globalCrops, crops.globalSize) + locked(crops.localCrops, crops.localSize));
}

std::int64_t meanPixels(const ImageFacts& images) {
    return images.images > 0 ? images.pixelBytes / images.images / Image::kChannels : 0;
}

std::int64_t sum(const std::vector<MemoryPlan::Part>& parts) {
    std::int64_t total = 0;
    for (const MemoryPlan::Part& part : parts)
        total += part.bytes;
    return total;
}

/// Predicts for one place, images and program; what varies is the options, the batch and the micro-batch.
class Predictor {
public:
    Predictor(const ImageFacts& images, const ComputePlace& place, std::int64_t cache, std::int64_t program)
        : classes_(images.classes),
          imagePixels_(meanPixels(images)),
          place_(place),
          cache_(cache),
          program_(program) {}

    std::vector<MemoryPlan::Part> parts(const OptionValues& options, double batch, double micro) const {
        const Shape shape = shapeOf(options, classes_);
        const bool onCpu = place_.device.is_cpu();
        const double parameters = shape.parameters();
        const double student = studentActivations(shape, options, micro, place_.bf16);
        const double teacher = teacherActivations(shape, micro, place_.bf16);
        std::vector<MemoryPlan::Part> found;
        const auto add = [&found](const char* name, double bytes) {
            MemoryPlan::Part& part = found.emplace_back();
            part.name = name;
            part.bytes = static_cast<std::int64_t>(bytes);
        };
        add("weights of student and teacher", kFloat * 2 * parameters);
        // Autocast keeps those it has cast until the backward pass is over.
        if (place_.bf16) add("the student's weights in bf16", kFloat / 2 * parameters);
        add("gradients", gradientsBeside(shape, options, batch, micro, place_.bf16));
        add("optimizer", kFloat * optimizerStates(options) * parameters);
        add("activations of the student", student);
        // The teacher's pass is over before the student's begins.
        add("activations of the teacher beyond those", std::max(0.0, teacher - student));
        add("head and loss", headActivations(shape, options, micro));
        if (makesCrops(options)) {
            add("crops", kFloat * 3 * pixels(shape, micro) + uploadedBytes(shape.crops, batch, imagePixels_) +
                             static_cast<double>(DeviceCropMaker::tableBytes(shape.crops)));
            if (onCpu)
                add("what crops are made of",
                    static_cast<double>(hostSources(shape.crops, batch, imagePixels_)));
            // They are made before the activations are there.
            const auto making = static_cast<double>(
                DeviceCropMaker::workspaceBytes(shape.crops, static_cast<std::int64_t>(micro)));
            add("making crops beyond the activations", std::max(0.0, making - std::max(student, teacher)));
        } else {
            add("crops", kFloat * (onCpu ? kLoadedBatches : kBatchesOnCard) * 3 * pixels(shape, batch));
        }
        if (!onCpu) return found;
        found.push_back({"decoded images", cache_});
        found.push_back({"the program", program_ + kLibraries});
        return found;
    }

    /// Of main memory, beside a card's.
    std::vector<MemoryPlan::Part> hostParts(const OptionValues& options, double batch) const {
        if (place_.device.is_cpu()) return {};
        const MultiCropOptions crops = multiCropOptions(options);
        return {{"crops",
                 makesCrops(options) ? hostSources(crops, batch, imagePixels_) : hostCrops(crops, batch)},
                {"decoded images", cache_}};
    }

    std::int64_t total(const OptionValues& options, double batch, double micro) const {
        return sum(parts(options, batch, micro));
    }

    std::int64_t totalWith(OptionValues options, std::string_view key, const OptionValue& value, double batch,
                           double micro) const {
        options.set(key, value);
        return total(options, batch, micro);
    }

private:
    bool makesCrops(const OptionValues& options) const {
        return cropPlace(options, place_.device, place_.threads) == CropPlace::Device;
    }

    std::int64_t classes_;
    std::int64_t imagePixels_;  ///< of one, 0 where they are not known
    ComputePlace place_;
    std::int64_t cache_;
    std::int64_t program_;
};

std::int64_t greatest(const char* option) {
    return static_cast<std::int64_t>(*trainOptions().find(option)->maximum);
}

/// Half the batch twice as often; nothing where the options forbid it.
std::string halfBatchAdvice(const OptionValues& options, const MemoryPlan& plan, const Predictor& predictor) {
    const bool normalises = normalisesBatches(options);
    const std::int64_t half = (plan.batch + 1) / 2;
    const std::int64_t accumulate = 2 * options.integer("accumulate");
    if (plan.batch < 2 || accumulate > greatest("accumulate") || (normalises && half < 2)) return {};
    OptionValues halved = options;
    halved.set("batch-size-per-gpu", OptionValue(half));
    halved.set("accumulate", OptionValue(accumulate));
    std::string asked =
        "--batch-size-per-gpu " + std::to_string(half) + " --accumulate " + std::to_string(accumulate);
    if (options.integer("micro-batch") > half) asked += " --micro-batch " + std::to_string(half);
    return asked + " takes " +
           formatBytes(predictor.total(halved, static_cast<double>(half),
                                       static_cast<double>(std::min(plan.microBatch, half))));
}

std::vector<MemoryPlan::Advice> adviceFor(const OptionValues& options, const MemoryPlan& plan,
                                          const Predictor& predictor) {
    const auto batch = static_cast<double>(plan.batch);
    const auto micro = static_cast<double>(plan.microBatch);
    std::vector<MemoryPlan::Advice> advice;
    const auto add = [&](std::string sentence, bool resumes) {
        if (!sentence.empty() && (resumes || !plan.resumes)) advice.push_back({std::move(sentence), resumes});
    };
    const std::int64_t half = (plan.microBatch + 1) / 2;
    const bool isWhole = dependsOnMicroBatch(options);
    if (plan.microBatch > (isWhole ? 2 : 1)) {
        add("--micro-batch " + std::to_string(half) + " takes " +
                formatBytes(predictor.total(options, batch, static_cast<double>(half))) +
                (isWhole ? " with the statistics of " + std::to_string(half) + " images instead of " +
                               std::to_string(plan.microBatch)
                         : " with the same numbers"),
            !isWhole);
    }
    add(halfBatchAdvice(options, plan, predictor), false);
    if (isVit(options) && !options.flag("activation-checkpointing")) {
        add("--activation-checkpointing takes " +
                formatBytes(predictor.totalWith(options, "activation-checkpointing", true, batch, micro)) +
                " for a third more time",
            true);
    }
    const std::int64_t outputs = options.integer("out-dim");
    if (outputs > 4096 && options.text("objective") != "supervised") {
        add("--out-dim " + std::to_string(outputs / 4) + " takes " +
                formatBytes(predictor.totalWith(options, "out-dim", outputs / 4, batch, micro)),
            false);
    }
    return advice;
}

/// The largest batch that may be asked for and whose total is available, 0 for none. With micro-batches given
/// or chosen, they stay as they are.
std::int64_t largestBatch(const OptionValues& options, const MemoryPlan& plan, const Predictor& predictor) {
    const auto fits = [&](std::int64_t batch) {
        const std::int64_t micro = plan.microBatch < plan.batch ? std::min(batch, plan.microBatch) : batch;
        const auto images = static_cast<double>(batch);
        return predictor.total(options, images, static_cast<double>(micro)) <= plan.available &&
               sum(predictor.hostParts(options, images)) <= plan.hostAvailable;
    };
    const std::int64_t most = greatest("batch-size-per-gpu");
    std::int64_t largest = 0;
    for (std::int64_t step = std::int64_t{1} << 16; step > 0; step /= 2) {
        if (largest + step <= most && fits(largest + step)) largest += step;
    }
    return largest;
}

/// The advice, behind `first`; where the run goes on, what it can go on with.
std::string remedyOf(const MemoryPlan& plan, std::string first, bool resumes) {
    for (const MemoryPlan::Advice& each : plan.advice) {
        if (each.resumes || !resumes) first += "; " + each.sentence;
    }
    return first;
}

std::string batchThatFits(const MemoryPlan& plan, const char* otherwise) {
    if (plan.resumes) return "free some memory";
    if (plan.largestBatch == 0) return otherwise;
    return "--batch-size-per-gpu " + std::to_string(plan.largestBatch) + " would fit";
}

/// Of the machine around a card, whose memory holds the crops and the decoded images.
[[noreturn]] void refuseHost(const MemoryPlan& plan) {
    const std::int64_t cache = plan.hostParts.back().bytes;
    const std::int64_t leftForCache = plan.hostAvailable - (plan.hostTotal - cache);
    const std::string first = leftForCache < 0
                                  ? batchThatFits(plan, "free some memory, or give smaller crops")
                                  : "--cache-memory " + std::to_string(leftForCache >> 20) + " would fit";
    throw Error("crops and decoded images need " + formatBytes(plan.hostTotal) + " of main memory and " +
                    formatBytes(plan.hostAvailable) + " are free",
                leftForCache < 0 ? "--batch-size-per-gpu " + std::to_string(plan.batch)
                                 : std::string("--cache-memory"),
                first + "; --force starts all the same");
}

/// What the program takes besides, as it was at the first plan: trials and trainings leave memory behind that
/// the next one uses again, and two plans of one training must not differ. It stands on both sides of whether
/// it fits.
std::int64_t programMemory() {
    static const std::int64_t atFirst = residentMemory();
    return atFirst;
}

}  // namespace

std::int64_t checkpointBytes(const OptionValues& options, std::int64_t classes) {
    const Shape shape = shapeOf(options, classes);
    return static_cast<std::int64_t>(kFloat * (2 + optimizerStates(options)) * shape.parameters());
}

std::int64_t cacheBytes(const OptionValues& options, std::int64_t pixelBytes, int sharers) {
    constexpr double kShareOfFree = 0.2;
    const std::int64_t asked = options.integer("cache-memory");
    const std::int64_t limit =
        asked < 0 ? static_cast<std::int64_t>(kShareOfFree * double(availableMemory() / sharers))
                  : asked << 20;
    return std::min(limit, pixelBytes);
}

MemoryPlan planMemory(const OptionValues& options, const ImageFacts& images, const ComputePlace& place,
                      bool resumes) {
    const bool onCpu = place.device.is_cpu();
    const std::int64_t program = onCpu ? programMemory() : 0;
    const Predictor predictor(images, place, cacheBytes(options, images.pixelBytes, place.sharers), program);
    MemoryPlan plan;
    plan.resumes = resumes;
    plan.batch = options.integer("batch-size-per-gpu");
    plan.microBatch = microBatchImages(options, place.device, place.threads);
    plan.parts = predictor.parts(options, double(plan.batch), double(plan.microBatch));
    plan.total = sum(plan.parts);
    plan.available = freeMemory(place.device) / (onCpu ? place.sharers : place.sharersOfCard) + program;
    plan.hostParts = predictor.hostParts(options, double(plan.batch));
    plan.hostTotal = sum(plan.hostParts);
    if (!onCpu) plan.hostAvailable = availableMemory() / place.sharers;
    plan.largestBatch = largestBatch(options, plan, predictor);
    plan.advice = adviceFor(options, plan, predictor);
    return plan;
}

void refuseWhatDoesNotFit(const MemoryPlan& plan) {
    if (plan.fits()) return;
    if (plan.fitsDevice()) refuseHost(plan);
    const std::string first = batchThatFits(plan, "not even one image fits");
    throw Error("the training needs " + formatBytes(plan.total) + " of memory and " +
                    formatBytes(plan.available) + " are free",
                "--batch-size-per-gpu " + std::to_string(plan.batch),
                remedyOf(plan, first, plan.resumes) + "; --force starts all the same");
}

Error memoryRanOut(const MemoryPlan& plan, bool saved) {
    return Error("memory ran out: the training needs about " + formatBytes(plan.total) + ", and " +
                     formatBytes(plan.available) + " were free at its start",
                 "--batch-size-per-gpu " + std::to_string(plan.batch),
                 remedyOf(plan,
                          saved ? "the last checkpoint is whole, --resume goes on from it"
                                : "nothing was saved yet: start again in another folder",
                          saved));
}

std::string formatBytes(std::int64_t bytes) {
    char text[32];
    const double megabytes = static_cast<double>(bytes) / 1e6;
    std::snprintf(text, sizeof(text), megabytes < 1000 ? "%.0f MB" : "%.2f GB",
                  megabytes < 1000 ? megabytes : megabytes / 1000);
    return text;
}

}  // namespace dinoscope
