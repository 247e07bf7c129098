#pragma once

#include <cstdint>

#include "engine/ssl/augment/crop_plan.h"
#include "tests/unit/image/test_files.h"

namespace dinoscope::test {

/// What every case of tests/golden/augment begins with: width, height, box, size of the crop, flip.
struct GoldenBox {
    explicit GoldenBox(GoldenReader& golden) {
        const int width = golden.take<std::int32_t>();
        const int height = golden.take<std::int32_t>();
        source = noise(width, height);
        plan.box = golden.take<CropBox>();
        size = golden.take<std::int32_t>();
        plan.flip = golden.take<std::int32_t>() != 0;
    }

    Image source;
    CropPlan plan;
    int size = 0;
};

/// A case of crops.bin: a whole plan, and the checksum of torchvision's floats.
struct GoldenCrop : GoldenBox {
    explicit GoldenCrop(GoldenReader& golden) : GoldenBox(golden) {
        const bool jitters = golden.take<std::int32_t>() != 0;
        ColourJitter jitter;
        for (float* factor : {&jitter.brightness, &jitter.contrast, &jitter.saturation, &jitter.hue})
            *factor = golden.take<float>();
        for (JitterStep& step : jitter.order)
            step = static_cast<JitterStep>(golden.take<std::int32_t>());
        if (jitters) plan.jitter = jitter;
        plan.gray = golden.take<std::int32_t>() != 0;
        plan.blurRadius = golden.take<float>();
        plan.solarize = golden.take<std::int32_t>() != 0;
        crc = golden.take<std::uint32_t>();
    }

    std::uint32_t crc = 0;
};

}  // namespace dinoscope::test
