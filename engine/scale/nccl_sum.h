#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>

namespace dinoscope {

/// Sums over the CUDA cards of several processes by NVIDIA's NCCL. It is opened at run time: LibTorch's CUDA
/// part brings it along, and machines without a card need none.
class NcclSum {
public:
    static bool isThere();
    /// The secret by which processes find each other: made by one, given to all.
    static std::string makeId();

    /// Waits for all others. Each needs a card of its own. Throws Error with NCCL's reason.
    NcclSum(const std::string& id, int rank, int count, at::Device card);
    ~NcclSum();
    NcclSum(const NcclSum&) = delete;
    NcclSum& operator=(const NcclSum&) = delete;

    /// In place, contiguous float32 on the card. Nothing waits for it: it has its turn among the card's work.
    void sum(const at::Tensor& tensor);
    /// Ends what waits for a process that is gone. What it should have summed is then worth nothing.
    void abort() noexcept;

private:
    at::Device card_;
    void* communicator_ = nullptr;
};

}  // namespace dinoscope
