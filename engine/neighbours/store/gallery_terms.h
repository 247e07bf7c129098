#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dinoscope {

/// What of the network's output is an image's feature.
enum class FeatureKind {
    Class,   ///< [CLS] after the last norm
    Concat,  ///< [CLS] of the last n layers, and the mean of the last layer's patches
    Gem      ///< generalised mean of the last layer's patches, p = 3 (Radenović et al. 2018)
};

/// "cls", "concat" or "gem".
std::string name(FeatureKind kind);
/// A UsageError naming --features lists them if there is none.
FeatureKind parseFeatureKind(std::string_view name);

/// How numbers of the matrix are stored.
enum class StorageType { Fp32, Bf16 };
std::string name(StorageType type);
/// "fp32" or "bf16"; an Error if it is neither.
StorageType parseStorageType(std::string_view name);
inline std::int64_t bytesOf(StorageType type) {
    return type == StorageType::Bf16 ? 2 : 4;
}

/// How the features of a gallery are made: all that must be the same for two of them to be comparable.
struct GalleryTerms {
    std::string model;        ///< for people: "run/checkpoints/epoch0100.pth, vit_small/16"
    std::string fingerprint;  ///< of the weights, 32 hexadecimal digits
    FeatureKind kind = FeatureKind::Class;
    int layers = 1;     ///< whose [CLS] is taken, of Concat
    int resize = 256;   ///< px, the shorter side
    int crop = 224;     ///< px; 0: the whole resized image
    bool bf16 = false;  ///< the network computes in bf16
    int dim = 384;      ///< of a feature as it is stored
    StorageType storage = StorageType::Fp32;
    bool whitened = false;  ///< by the principal components of the gallery's first features

    bool operator==(const GalleryTerms&) const = default;
};

}  // namespace dinoscope
