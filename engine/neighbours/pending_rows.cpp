#include "engine/neighbours/pending_rows.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace dinoscope {

PendingRows::PendingRows(const at::Tensor& rows) {
    const at::Device device = rows.device();
    if (device.is_cpu()) {
        rows_ = rows.contiguous();
        return;
    }
    rows_ = at::empty(rows.sizes(), at::TensorOptions(at::kFloat).pinned_memory(true));
    rows_.copy_(rows, /*non_blocking=*/true);
    copied_.emplace(device.type());
    copied_->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
}

at::Tensor PendingRows::get() {
    if (copied_) copied_->synchronize();
    return rows_;
}

}  // namespace dinoscope
