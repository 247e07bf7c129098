#include "engine/neighbours/store/gallery_terms.h"

#include "engine/base/error.h"

namespace dinoscope {

std::string name(FeatureKind kind) {
    switch (kind) {
        case FeatureKind::Concat:
            return "concat";
        case FeatureKind::Gem:
            return "gem";
        case FeatureKind::Class:
            break;
    }
    return "cls";
}

FeatureKind parseFeatureKind(std::string_view text) {
    for (const FeatureKind kind : {FeatureKind::Class, FeatureKind::Concat, FeatureKind::Gem}) {
        if (text == name(kind)) return kind;
    }
    throw UsageError("'" + std::string(text) + "' is not a kind of features", "--features",
                     "give cls, concat or gem");
}

std::string name(StorageType type) {
    return type == StorageType::Bf16 ? "bf16" : "fp32";
}

StorageType parseStorageType(std::string_view text) {
    if (text == "fp32") return StorageType::Fp32;
    if (text == "bf16") return StorageType::Bf16;
    throw Error("'" + std::string(text) + "' is not a type of numbers", {}, "fp32 and bf16 are known");
}

}  // namespace dinoscope
