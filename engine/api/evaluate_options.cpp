#include "engine/api/evaluate.h"
#include "engine/api/gallery_options.h"
#include "engine/base/error.h"

namespace dinoscope::api {

namespace {

const OptionSchema& setOptions() {
    static const OptionSchema schema{
        {.key = "train",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Training images",
         .help = "folder of class folders, or a list of images with labels"},
        {.key = "val",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Validation images",
         .help = "the same classes, other images"},
        {.key = "data",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Images",
         .help = "a folder that holds both as train and val, in place of the two",
         .aliases = {"data-path"}},
        {.key = "confusion",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Confusion matrix",
         .help = "write the confusion matrix as a picture (PNG)"},
    };
    return schema;
}

const OptionSchema& knnOwnOptions() {
    static const OptionSchema schema{
        {.key = "neighbours",
         .type = OptionType::Text,
         .defaultValue = std::string("10,20,100,200"),
         .label = "Neighbours",
         .help = "values of k",
         .shortName = 'k',
         .aliases = {"k", "nb-knn"}},
        {.key = "temperature",
         .type = OptionType::Real,
         .defaultValue = 0.07,
         .minimum = 0.001,
         .maximum = 100,
         .label = "Temperature",
         .help = "of the votes, exp(similarity / temperature)"},
    };
    return schema;
}

const OptionSchema& linearOwnOptions() {
    static const OptionSchema schema{
        {.key = "method",
         .type = OptionType::Choice,
         .defaultValue = std::string("lbfgs"),
         .choices = {"lbfgs", "sgd"},
         .label = "Method",
         .help =
             "lbfgs (logistic regression on features computed once, to convergence) or sgd (the reference's "
             "recipe with augmentation, a pass through the network an epoch)"},
        {.key = "n-last-blocks",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 64,
         .label = "Layers",
         .help = "[CLS] of how many last layers; 0 for the reference's choice: 4 (all of fewer), and 1 for "
                 "vit_base and larger",
         .aliases = {"layers"}},
        {.key = "average-pool",
         .type = OptionType::Choice,
         .defaultValue = std::string("auto"),
         .choices = {"auto", "yes", "no"},
         .label = "Average pooling",
         .help = "append the mean of the patches; auto: for vit_base and larger, as the reference does",
         .aliases = {"avgpool-patchtokens"}},
        {.key = "penalty",
         .type = OptionType::Real,
         .defaultValue = 0.0,
         .minimum = 0,
         .maximum = 1000,
         .label = "Penalty",
         .help = "of lbfgs, on the squared weights; 0: the best of a grid, chosen on a tenth of the training "
                 "images"},
        {.key = "epochs",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(100),
         .minimum = 1,
         .maximum = 100'000,
         .label = "Epochs",
         .help = "of sgd"},
        {.key = "lr",
         .type = OptionType::Real,
         .defaultValue = 0.001,
         .minimum = 0,
         .maximum = 1000,
         .label = "Learning rate",
         .help = "of sgd, for a batch of 256: it is scaled by the batch"},
        {.key = "batch-size-per-gpu",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(128),
         .minimum = 1,
         .maximum = 65536,
         .label = "Batch size",
         .help = "of sgd"},
    };
    return schema;
}

OptionSchema withShared(const OptionSchema& own) {
    const OptionSchema sets(setOptions(), own);
    const OptionSchema inputs(sets, inputOptions());
    return OptionSchema(OptionSchema(inputs, modelOptions()), commonOptions());
}

}  // namespace

const OptionSchema& knnOptions() {
    static const OptionSchema schema = withShared(knnOwnOptions());
    return schema;
}

const OptionSchema& linearOptions() {
    static const OptionSchema schema = withShared(linearOwnOptions());
    return schema;
}

void requireOptionsOfMethod(const OptionValues& linear) {
    const bool sgd = linear.text("method") == "sgd";
    const std::vector<const char*> others =
        sgd ? std::vector<const char*>{"penalty"}
            : std::vector<const char*>{"epochs", "lr", "batch-size-per-gpu"};
    for (const char* key : others) {
        if (!linear.isSet(key)) continue;
        throw UsageError(std::string("it is an option of ") + (sgd ? "lbfgs" : "sgd") +
                             ", and the method is " + linear.text("method"),
                         std::string("--") + key,
                         std::string("leave it out, or give --method ") + (sgd ? "lbfgs" : "sgd"));
    }
}

}  // namespace dinoscope::api
