#include "engine/api/gallery_options.h"

#include "engine/api/gallery.h"

namespace dinoscope::api {

namespace {

const OptionSchema& ownOptions() {
    static const OptionSchema schema{
        {.key = "gallery",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Gallery",
         .help = "folder of the gallery; made if missing",
         .shortName = 'g'},
        {.key = "features",
         .type = OptionType::Choice,
         .defaultValue = std::string("cls"),
         .choices = {"cls", "concat", "gem"},
         .label = "Features",
         .help = "cls ([CLS] of the last layer; of a ResNet the mean of its last map), concat ([CLS] of the "
                 "last layers and the mean of the patches) or gem (generalised mean of the patches)"},
        {.key = "layers",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(4),
         .minimum = 1,
         .maximum = 64,
         .label = "Layers",
         .help = "how many last layers concat takes",
         .level = OptionLevel::Expert},
        {.key = "storage",
         .type = OptionType::Choice,
         .defaultValue = std::string("fp32"),
         .choices = {"fp32", "bf16"},
         .label = "Storage",
         .help = "how the features are stored; bf16 takes half the disk and memory"},
        {.key = "whiten",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 65536,
         .unit = "dimensions",
         .label = "Whitening",
         .help = "keep so many principal components of the features, each with the same weight; 0 for the "
                 "features as they are",
         .level = OptionLevel::Expert},
        {.key = "approximate-from",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(3'000'000),
         .minimum = 1,
         .unit = "images",
         .label = "Approximate from",
         .help = "from so many images on an index is built (hnsw) that a search walks instead of reading all",
         .level = OptionLevel::Expert},
        {.key = "relocate",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Relocate",
         .help = "the gallery's folder of images was moved to DIR",
         .level = OptionLevel::Expert},
        {.key = "forget-missing",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Forget missing",
         .help = "forget every image whose file is gone, be its folder gone too; otherwise those of a folder "
                 "that is gone are kept, since it may be that of an unplugged disk",
         .level = OptionLevel::Expert},
        {.key = "strict",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Strict",
         .help = "exit with 1 for an unreadable image too",
         .level = OptionLevel::Expert},
    };
    return schema;
}

}  // namespace

const OptionSchema& inputOptions() {
    static const OptionSchema schema{
        {.key = "resize",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(256),
         .minimum = 1,
         .maximum = 8192,
         .unit = "px",
         .label = "Resize",
         .help = "the shorter side of an image before the crop, bicubic"},
        {.key = "crop",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(224),
         .minimum = 0,
         .maximum = 8192,
         .unit = "px",
         .label = "Crop",
         .help = "side of the square about the centre that the network sees; 0 for the whole image"},
    };
    return schema;
}

const OptionSchema& indexOptions() {
    static const OptionSchema own(ownOptions(), inputOptions());
    static const OptionSchema schema(OptionSchema(own, modelOptions()), commonOptions());
    return schema;
}

}  // namespace dinoscope::api
