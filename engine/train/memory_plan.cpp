#include "engine/train/memory_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/train/device_memory.h"
#include "engine/train/train_setup.h"

namespace dinoscope {

namespace {

constexpr double kFloat = 4;
constexpr double kHidden = 2048;
constexpr double kBottleneck = 256;
constexpr double kResNetParameters = 23.5e6;
/// Of a ResNet-50's activations that are kept for the backward pass, a pixel of the input.
constexpr double kResNetFloatsPerPixel = 480;

/// Floats that a block keeps for its backward pass, in units of tokens * dim: its input, two norms' outputs,
/// q, k, v, the mixed values, the sum after the first branch, and the MLP's hidden layer before and after GELU.
constexpr double kKeptPerToken = 16;
/// Gradients alive at once in a block's backward pass.
constexpr double kGradientsPerToken = 14;
/// What the libraries take once they work: thread stacks, scratch memory of matrix products.
constexpr std::int64_t kLibraries = 90'000'000;
/// A teacher's block keeps nothing; at its widest it holds the MLP's hidden layer twice and the stream.
constexpr double kTeacherPerToken = 10;

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

double studentActivations(const Shape& shape, const OptionValues& options, double images) {
    if (!shape.vit) return kFloat * kResNetFloatsPerPixel * pixels(shape, images) / 3;
    const double unit = kFloat * shape.dim * studentTokens(shape, images);
    const bool recomputing = options.flag("activation-checkpointing");
    return unit * (recomputing ? shape.depth + kKeptPerToken + kGradientsPerToken
                               : (shape.depth - 1) * kKeptPerToken + kGradientsPerToken);
}

double teacherActivations(const Shape& shape, double images) {
    const double rows = images * shape.crops.globalCrops;
    if (!shape.vit) return kFloat * 40 * rows * std::pow(shape.crops.globalSize, 2);
    return kFloat * kTeacherPerToken * shape.dim * rows * shape.globalTokens;
}

/// Logits of student and teacher with their probabilities and gradients, and the normed prototypes of both
/// with the gradient.
double headActivations(const Shape& shape, const OptionValues& options, double images) {
    if (shape.prototypes == 0) return 0;
    const double outputs = double(options.integer("out-dim"));
    const double student = 2.5 * shape.views * images * outputs;
    const double teacher = 4 * shape.crops.globalCrops * images * outputs;
    return kFloat * (student + teacher + 3 * shape.prototypes);
}

std::vector<MemoryPlan::Part> parts(const OptionValues& options, const Shape& shape, double batch,
                                    double micro, bool onCpu) {
    const double parameters = shape.backbone + shape.head + shape.prototypes;
    const double loaded = onCpu ? 3 : 1;  // batches the loader holds, in main memory
    std::vector<MemoryPlan::Part> found;
    const auto add = [&found](const char* name, double bytes) {
        MemoryPlan::Part& part = found.emplace_back();
        part.name = name;
        part.bytes = static_cast<std::int64_t>(bytes);
    };
    const double student = studentActivations(shape, options, micro);
    add("weights of student and teacher", kFloat * 2 * parameters);
    add("gradients", kFloat * parameters);
    add("optimizer", kFloat * optimizerStates(options) * parameters);
    add("activations of the student", student);
    // The teacher's pass is over before the student's begins.
    add("activations of the teacher beyond those", std::max(0.0, teacherActivations(shape, micro) - student));
    add("head and loss", headActivations(shape, options, micro));
    add("crops", kFloat * loaded * 3 * pixels(shape, batch));
    return found;
}

std::int64_t sum(const std::vector<MemoryPlan::Part>& parts) {
    std::int64_t total = 0;
    for (const MemoryPlan::Part& part : parts)
        total += part.bytes;
    return total;
}

std::int64_t totalWith(OptionValues options, std::string_view key, const OptionValue& value,
                       std::int64_t classes, double batch, double micro, bool onCpu) {
    options.set(key, value);
    return sum(parts(options, shapeOf(options, classes), batch, micro, onCpu));
}

std::vector<std::string> adviceFor(const OptionValues& options, const MemoryPlan& plan, std::int64_t classes,
                                   bool onCpu) {
    const auto batch = static_cast<double>(plan.batch);
    const auto micro = static_cast<double>(plan.microBatch);
    std::vector<std::string> advice;
    if (plan.microBatch > 1 && !options.flag("use-bn-in-head") && isVit(options)) {
        const std::int64_t half = (plan.microBatch + 1) / 2;
        const std::int64_t total =
            sum(parts(options, shapeOf(options, classes), batch, static_cast<double>(half), onCpu));
        advice.push_back("--micro-batch " + std::to_string(half) + " takes " + formatBytes(total) +
                         " with the same numbers");
    }
    if (isVit(options) && !options.flag("activation-checkpointing")) {
        const std::int64_t total =
            totalWith(options, "activation-checkpointing", true, classes, batch, micro, onCpu);
        advice.push_back("--activation-checkpointing takes " + formatBytes(total) + " for a third more time");
    }
    const std::int64_t outputs = options.integer("out-dim");
    if (outputs > 4096) {
        const std::int64_t total = totalWith(options, "out-dim", outputs / 4, classes, batch, micro, onCpu);
        advice.push_back("--out-dim " + std::to_string(outputs / 4) + " takes " + formatBytes(total));
    }
    return advice;
}

}  // namespace

std::int64_t cacheBytes(const OptionValues& options, std::int64_t pixelBytes) {
    constexpr double kShareOfFree = 0.2;
    const std::int64_t asked = options.integer("cache-memory");
    const std::int64_t limit =
        asked < 0 ? static_cast<std::int64_t>(kShareOfFree * double(availableMemory())) : asked << 20;
    return std::min(limit, pixelBytes);
}

MemoryPlan planMemory(const OptionValues& options, const ImageFacts& images, c10::Device device,
                      int threads) {
    const Shape shape = shapeOf(options, images.classes);
    MemoryPlan plan;
    plan.batch = options.integer("batch-size-per-gpu");
    plan.microBatch = microBatchImages(options, device, threads);
    const bool onCpu = device.is_cpu();
    plan.parts = parts(options, shape, double(plan.batch), double(plan.microBatch), onCpu);
    const std::int64_t cache = cacheBytes(options, images.pixelBytes);
    const std::int64_t program = onCpu ? residentMemory() : 0;
    if (onCpu) {
        plan.parts.push_back({"decoded images", cache});
        plan.parts.push_back({"the program", program + kLibraries});
    }
    plan.total = sum(plan.parts);
    plan.available = freeMemory(device) + program;
    const auto fits = [&](std::int64_t batch) {
        const auto micro =
            static_cast<double>(std::min(batch, plan.microBatch < plan.batch ? plan.microBatch : batch));
        return sum(parts(options, shape, double(batch), micro, onCpu)) + (onCpu ? cache : 0) <=
               plan.available - program;
    };
    for (std::int64_t step = std::int64_t{1} << 16; step > 0; step /= 2) {
        if (fits(plan.largestBatch + step)) plan.largestBatch += step;
    }
    plan.advice = adviceFor(options, plan, images.classes, onCpu);
    return plan;
}

void refuseWhatDoesNotFit(const MemoryPlan& plan) {
    if (plan.fits()) return;
    std::string remedy = plan.largestBatch > 0
                             ? "--batch-size-per-gpu " + std::to_string(plan.largestBatch) + " would fit"
                             : std::string("not even one image fits");
    for (const std::string& sentence : plan.advice)
        remedy += "; " + sentence;
    throw Error("the training needs " + formatBytes(plan.total) + " of memory and " +
                    formatBytes(plan.available) + " are free",
                "--batch-size-per-gpu " + std::to_string(plan.batch),
                remedy + "; --force starts all the same");
}

std::string formatBytes(std::int64_t bytes) {
    char text[32];
    const double megabytes = static_cast<double>(bytes) / 1e6;
    std::snprintf(text, sizeof(text), megabytes < 1000 ? "%.0f MB" : "%.2f GB",
                  megabytes < 1000 ? megabytes : megabytes / 1000);
    return text;
}

}  // namespace dinoscope
