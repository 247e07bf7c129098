#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "engine/api/runtime.h"

// Not for app or ui: how a Placement looks to LibTorch.
namespace dinoscope::api {

inline c10::Device toDevice(const Placement& placement) {
    return c10::Device(placement.device);
}

inline c10::ScalarType toScalarType(Precision precision) {
    return precision == Precision::Bf16 ? c10::kBFloat16 : c10::kFloat;
}

}  // namespace dinoscope::api
