#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

namespace dinoscope {

/// Rows on their way from a device to the processor, which goes on meanwhile. On a CPU they are there.
class PendingRows {
public:
    /// `rows` is float32 [n, d]. On a card it may still be computed.
    explicit PendingRows(const at::Tensor& rows);

    /// Waits for them: float32 [n, d] on the CPU, contiguous.
    at::Tensor get();

private:
    at::Tensor rows_;
    std::optional<c10::Event> copied_;
};

}  // namespace dinoscope
