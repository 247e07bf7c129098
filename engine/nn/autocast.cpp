#include "engine/nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace dinoscope {

AutocastGuard::AutocastGuard(c10::DeviceType device, bool on)
    : device_(device), wasOn_(isAutocastOn(device)) {
    at::autocast::set_autocast_enabled(device_, on);
    if (on) {
        at::autocast::set_autocast_dtype(device_, at::kBFloat16);
        at::autocast::increment_nesting();
    }
}

AutocastGuard::~AutocastGuard() {
    if (isAutocastOn(device_) && at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, wasOn_);
}

bool isAutocastOn(c10::DeviceType device) {
    return at::autocast::is_autocast_enabled(device);
}

}  // namespace dinoscope
