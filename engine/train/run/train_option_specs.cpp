#include "engine/train/run/train_option_specs.h"

#include "engine/ssl/augment/crop_loader.h"

namespace dinoscope {

namespace {
constexpr OptionLevel kExpert = OptionLevel::Expert;
}  // namespace

const OptionSchema& modelTrainOptions() {
    static const OptionSchema schema{
        withAliases(choiceOption("arch", {"vit_small", "vit_tiny", "vit_base", "resnet50"}, "Architecture",
                                 "the backbone; vit_tiny learns fastest on a CPU"),
                    {"architecture"}),
        countOption("patch-size", 16, {1, 256}, "Patch size",
                    "side of a patch; smaller is better and dearer; ViTs only", "px"),
        countOption("img-size", 224, {1, 4096}, "Image size",
                    "side that the position embedding is made for; it is interpolated to the crops", "px",
                    kExpert),
        numberOption("drop-path-rate", 0.1, {0, 0.99}, "Drop path",
                     "share of the student's residual branches left out at random; grows with depth"),
        countOption("out-dim", 65536, {2, 1 << 20}, "Prototypes",
                    "dimensions K of the head's output; 65536 for large sets, some thousands for small ones"),
        flagOption("norm-last-layer", true, "Normed last layer",
                   "fix the lengths of the last layer's weights at 1: steadier; without it a little better "
                   "for vit_small"),
        flagOption("use-bn-in-head", false, "Batch norm in the head",
                   "put batch normalisation into the projection head", kExpert),
        flagOption("predictor", false, "Predictor",
                   "ablation: a predictor network on the student's side, as in BYOL", kExpert),
        choiceOption("objective", {"dino", "supervised"}, "Objective",
                     "supervised learns the class folders' names instead: a baseline to compare attention "
                     "with",
                     kExpert)};
    return schema;
}

const OptionSchema& lossTrainOptions() {
    static const OptionSchema schema{
        numberOption("warmup-teacher-temp", 0.04, {1e-4, 10}, "Starting teacher temperature",
                     "the teacher temperature of the first epoch; lower it if the loss does not fall"),
        numberOption("teacher-temp", 0.04, {1e-4, 10}, "Teacher temperature",
                     "after its warm-up; above 0.07 training is mostly unstable"),
        countOption("warmup-teacher-temp-epochs", 0, {0, 100000}, "Teacher temperature warm-up",
                    "epochs over which the temperature rises to --teacher-temp", "epochs"),
        numberOption("student-temp", 0.1, {1e-4, 10}, "Student temperature",
                     "of the student's softmax; the reference has it fixed at 0.1", {}, kExpert),
        numberOption("momentum-teacher", 0.996, {0, 1}, "Teacher momentum",
                     "share of itself that the teacher keeps each step, rising to 1; higher for small "
                     "batches: 0.9995 for 256"),
        withAliases(numberOption("centre-momentum", 0.9, {0, 1}, "Centre momentum",
                                 "share of itself that the centre keeps each step", {}, kExpert),
                    {"center-momentum"}),
        choiceOption("teacher-update", {"ema", "copy", "previous-epoch"}, "Teacher",
                     "ablation: how the teacher follows: moving average, the student itself, the student at "
                     "the last epoch's end",
                     kExpert),
        choiceOption("targets", {"centring", "sinkhorn"}, "Targets",
                     "ablation: what keeps the teacher's outputs apart: a centre taken off, or "
                     "Sinkhorn-Knopp over the batch",
                     kExpert),
        withAliases(
            flagOption(
                "centring", true, "Centring",
                "take the centre off the teacher's outputs; without it one dimension wins (of no effect "
                "with --targets sinkhorn)",
                kExpert),
            {"centering"}),
        flagOption("sharpening", true, "Sharpening",
                   "divide the teacher's outputs by its own temperature; without it, by the student's: all "
                   "dimensions become alike",
                   kExpert),
        choiceOption("loss", {"cross-entropy", "mse"}, "Loss",
                     "ablation: cross-entropy of the teacher's and the student's probabilities, or the "
                     "squared distance of their outputs at length 1, which knows neither centre nor "
                     "temperatures",
                     kExpert)};
    return schema;
}

const OptionSchema& optimizerTrainOptions() {
    static const OptionSchema schema{
        countOption("epochs", 100, {1, 100000}, "Epochs", "how often every image is seen", "epochs"),
        withAliases(
            countOption(
                "batch-size-per-gpu", 64, {1, 65536}, "Batch size",
                "images of one optimizer step on one device; of each process where several share the steps",
                "images"),
            {"batch-size"}),
        countOption(
            "accumulate", 1, {1, 65536}, "Accumulation",
            "batches gathered into one optimizer step: N of them are one batch of N times the size; of each "
            "process where several share the steps",
            "batches", kExpert),
        choiceOption("optimizer", {"adamw", "sgd", "lars"}, "Optimizer",
                     "adamw for ViTs; lars for ResNets with large batches"),
        numberOption("lr", 0.0005, {0, 1000}, "Learning rate",
                     "at the end of the warm-up for 256 images a step; scaled with the images of a step"),
        countOption("warmup-epochs", 10, {0, 100000}, "Learning rate warm-up",
                    "epochs over which the learning rate rises from 0", "epochs"),
        numberOption("min-lr", 1e-6, {0, 1000}, "Final learning rate", "at the end of the cosine schedule"),
        numberOption("weight-decay", 0.04, {0, 100}, "Weight decay",
                     "at the start of its cosine schedule; none on biases and norms"),
        numberOption("weight-decay-end", 0.4, {0, 100}, "Final weight decay", "at the schedule's end"),
        numberOption("clip-grad", 3.0, {0, 1e9}, "Gradient clip",
                     "greatest norm of each parameter's gradient; 0 for none"),
        countOption("freeze-last-layer", 1, {0, 100000}, "Frozen last layer",
                    "epochs during which the output layer stays as it is; more if the loss does not fall",
                    "epochs"),
        flagOption("use-fp16", true, "Half precision",
                   "the reference's switch: true is --precision auto, false is --precision fp32", kExpert)};
    return schema;
}

const OptionSchema& cropTrainOptions() {
    const auto scale = [](std::string key, RealPair standard, std::string label, std::string help) {
        return OptionSpec{.key = std::move(key),
                          .type = OptionType::RealPair,
                          .defaultValue = standard,
                          .minimum = 0,
                          .maximum = 1,
                          .label = std::move(label),
                          .help = std::move(help)};
    };
    static const OptionSchema schema{
        scale("global-crops-scale", {0.4, 1}, "Global crop scale",
              "least and greatest share of the image in a global crop; 0.14 1 without local crops"),
        countOption("global-crop-size", 224, {1, 4096}, "Global crop size", "side of a global crop", "px"),
        countOption("local-crops-number", 8, {0, 64}, "Local crops",
                    "small crops an image, seen by the student only; 0 for no multi-crop", "crops"),
        scale("local-crops-scale", {0.05, 0.4}, "Local crop scale",
              "least and greatest share of the image in a local crop"),
        countOption("local-crop-size", 96, {1, 4096}, "Local crop size", "side of a local crop", "px")};
    return schema;
}

const OptionSchema& runTrainOptions() {
    static const OptionSchema schema{
        pathOption("data", "Images", "a folder of images (class folders or not), or a text list of files",
                   {"data-path"}),
        pathOption("output", "Run folder", "where the run is kept; made if missing", {"output-dir"}, 'o'),
        {.key = "preset",
         .label = "Preset",
         .help = "options by name, five-minutes for one, or a .toml file; what is given here counts over it"},
        flagOption("resume", false, "Resume", "go on with the run in the folder"),
        flagOption("plan", false, "Plan only", "tell the memory it will take, and stop"),
        flagOption("force", false, "Force", "start although memory will not suffice", kExpert),
        pathOption("init", "Continue from",
                   "weights to start from: a backbone or a full checkpoint of any family that is read",
                   {"continue-from"}),
        {.key = "checkpoint-key",
         .label = "Checkpoint key",
         .help = "which network of --init: teacher where there is a choice",
         .level = kExpert},
        {.key = "probe",
         .type = OptionType::Paths,
         .defaultValue = std::vector<std::string>(),
         .label = "Probe images",
         .help = "images whose attention is kept as training goes on"},
        countOption("probes-every", 1, {0, 100000}, "Probes every",
                    "epochs between two looks at the probe images; 0 for none", "epochs", kExpert),
        choiceOption("probe-layers", {"all", "last"}, "Probe layers",
                     "the layers whose attention over the probe images is kept; each takes 2 to 20 kB for an "
                     "image, a network and a look",
                     kExpert),
        flagOption("probe-student", true, "Probe the student too",
                   "keep the student's attention over the probe images beside the teacher's", kExpert),
        countOption("knn-every", 1, {0, 100000}, "k-NN every",
                    "epochs between two tests of the features (k-NN accuracy, or effective rank without "
                    "classes); 0 for none",
                    "epochs", kExpert),
        countOption("metrics-every", 10, {1, 100000}, "Metrics every",
                    "steps whose metrics are fetched together from the device", "steps", kExpert),
        numberOption("save-every", 10, {0, 100000}, "Save every",
                     "minutes between checkpoints, besides those at each epoch; 0 for none", "minutes"),
        withAliases(countOption("saveckp-freq", 20, {0, 100000}, "Keep every",
                                "every so many epochs a checkpoint is kept for good; 0 for none", "epochs"),
                    {"keep-every"}),
        countOption("keep-last", 2, {1, 100000}, "Keep last", "newest checkpoints that are kept",
                    "checkpoints"),
        countOption("micro-batch", 0, {0, 65536}, "Micro-batch",
                    "images that go through the network at once; 0 for what suits the processor, and for the "
                    "whole batch where "
                    "batch normalisation or Sinkhorn-Knopp look at it",
                    "images", kExpert),
        flagOption("activation-checkpointing", false, "Activation checkpointing",
                   "compute activations again in the backward pass: less memory, a third more time", kExpert),
        countOption("cache-memory", -1, {-1, 1 << 24}, "Image cache",
                    "memory for decoded images; -1 for a share of what is free", "MB", kExpert),
        countOption("num-workers", 0, {0, kMostLoaderThreads}, "Loader threads",
                    "threads that decode images; 0 for as many as pay", "threads", kExpert),
        choiceOption(
            "crops-on", {"auto", "cpu", "device"}, "Crops made on",
            "where crops are cut, resized and coloured, to the same numbers: by the processor's "
            "threads or on the device; auto is the device where a card has fewer than 8 threads beside it",
            kExpert),
        flagOption("deterministic", false, "Deterministic",
                   "the same bits each time on CUDA too, more slowly", kExpert)};
    return schema;
}

}  // namespace dinoscope
