#pragma once

#include <cstdint>

#include "engine/ssl/augment/crop_source.h"

namespace dinoscope {

/// A view to be made of uploaded bytes.
struct CropJob {
    const CropSource::View* view = nullptr;
    std::int64_t place = 0;  ///< of the piece of its source, in bytes

    const CropPlan& plan() const { return view->plan; }
};

}  // namespace dinoscope
