#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/scale/process_place.h"

namespace dinoscope {

class NcclSum;

/// The processes that train together. All of them call the same functions in the same order; each call waits
/// for the others. Every function throws Error where one of them is gone.
class ProcessGroup {
public:
    /// Waits until all are there, up to ten minutes; polls. Throws Error that says how many were missing.
    static std::shared_ptr<ProcessGroup> join(const ProcessPlace& place, JobControl& control);

    ~ProcessGroup();
    ProcessGroup(const ProcessGroup&) = delete;
    ProcessGroup& operator=(const ProcessGroup&) = delete;

    const ProcessPlace& place() const { return place_; }
    int rank() const { return place_.rank; }
    int count() const { return place_.count; }

    /// Makes each tensor, in place, the sum of its like in all processes. Floats, all on one device: cards
    /// add up by themselves where each process has its own and NCCL is there, and else by way of main memory.
    /// Afterwards they are equal in all processes to the last bit.
    void sum(std::span<const at::Tensor> tensors);
    /// Makes each tensor, in place, what it is in process 0. Any type, any device.
    void broadcast(std::span<const at::Tensor> tensors);
    /// What each process says, by rank.
    std::vector<std::string> gather(const std::string& text);
    /// Whether it holds for at least one of them.
    bool any(bool here);

private:
    class Backend;

    void sumBucket(std::span<const at::Tensor> tensors, std::int64_t numbers);
    bool cardsAddUp(at::Device device);
    ProcessGroup(const ProcessPlace& place, std::unique_ptr<Backend> backend);

    ProcessPlace place_;
    std::unique_ptr<Backend> backend_;
    bool triedCards_ = false;
    std::unique_ptr<NcclSum> cards_;
};

}  // namespace dinoscope
