#pragma once

#include <cstdint>
#include <span>

#include "engine/neighbours/store/whitening.h"

namespace dinoscope {

/// The principal components of `features` [n, inputDim], the `outputDim` strongest, each scaled to unit
/// variance. Throws Error unless n is greater than outputDim.
Whitening fitWhitening(std::span<const float> features, std::int64_t inputDim, std::int64_t outputDim);

}  // namespace dinoscope
