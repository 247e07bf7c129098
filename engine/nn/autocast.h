#pragma once

#include <c10/core/DeviceType.h>

namespace dinoscope {

/// bf16 autocast on or off for a device's operations while it lives; afterwards as before. The cache of cast
/// weights is cleared where the outermost guard that is on ends.
class AutocastGuard {
public:
    AutocastGuard(c10::DeviceType device, bool on);
    ~AutocastGuard();
    AutocastGuard(const AutocastGuard&) = delete;
    AutocastGuard& operator=(const AutocastGuard&) = delete;

private:
    c10::DeviceType device_;
    bool wasOn_;
};

bool isAutocastOn(c10::DeviceType device);

}  // namespace dinoscope
