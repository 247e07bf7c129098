#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dinoscope::bench {

/// Sums the time of LibTorch's operations, each without the operations it calls, on all threads while it
/// lives.
class OpProfile {
public:
    OpProfile();
    ~OpProfile();
    OpProfile(const OpProfile&) = delete;
    OpProfile& operator=(const OpProfile&) = delete;

    /// Prints the operations with the greatest shares of `seconds`.
    void print(double seconds, int rows) const;

private:
    std::uint64_t handle_ = 0;
};

}  // namespace dinoscope::bench
