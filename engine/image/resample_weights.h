#pragma once

#include <cstdint>
#include <vector>

#include "engine/image/resample.h"
#include "engine/image/resample_kernels.h"

namespace dinoscope {

/// The samples of one axis that each output sample is a weighted sum of.
struct ResampleWeights {
    struct Span {
        int first = 0;  ///< input sample of the first weight
        int count = 0;
    };
    int stride = 0;                    ///< weights kept for an output sample, the largest count or more
    std::vector<Span> spans;           ///< one an output sample
    std::vector<std::int32_t> values;  ///< [spans, stride], in units of 2^-kWeightBits

    const std::int32_t* of(int output) const {
        return values.data() + static_cast<std::size_t>(output) * static_cast<std::size_t>(stride);
    }
};

/// Weights that scale [begin, end) of `inputs` samples to `outputs` samples.
ResampleWeights resampleWeights(int inputs, float begin, float end, int outputs, Filter filter);

}  // namespace dinoscope
