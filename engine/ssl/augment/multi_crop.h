#pragma once

namespace dinoscope {

/// Which operations follow the crop.
enum class AugmentRecipe {
    Dino,        ///< all of facebookresearch/dino: flip, colour jitter, grayscale, blur, solarization
    CropAndFlip  ///< random resized crop and flip alone, for the supervised baseline
};

/// Share of an image's area that a crop takes, uniform between the two.
struct ScaleRange {
    double low = 0;
    double high = 0;
};

/// Multi-crop (Caron et al. 2020; DataAugmentationDINO of main_dino.py). Views 0 … globalCrops - 1 are the
/// global ones, the local ones follow. All crops are square.
struct MultiCropOptions {
    int globalCrops = 2;
    int globalSize = 224;  ///< px
    ScaleRange globalScale{0.4, 1.0};
    int localCrops = 8;
    int localSize = 96;  ///< px
    ScaleRange localScale{0.05, 0.4};
    AugmentRecipe recipe = AugmentRecipe::Dino;

    int views() const { return globalCrops + localCrops; }
    bool isGlobal(int view) const { return view < globalCrops; }
    int sizeOf(int view) const { return isGlobal(view) ? globalSize : localSize; }
    const ScaleRange& scaleOf(int view) const { return isGlobal(view) ? globalScale : localScale; }

    /// Throws UsageError that names what is out of range.
    void check() const;
};

}  // namespace dinoscope
