#pragma once

#include <string>

namespace dinoscope::bench {

/// Records a card's kernels and LibTorch's operations, of this thread and of the backward passes it starts,
/// while it lives.
class DeviceTrace {
public:
    DeviceTrace();
    ~DeviceTrace();
    DeviceTrace(const DeviceTrace&) = delete;
    DeviceTrace& operator=(const DeviceTrace&) = delete;

    /// Ends recording, prints the kernels with the greatest shares of `seconds` and what part of them the
    /// card was busy, and writes all to `file` for chrome://tracing and Perfetto.
    void finish(double seconds, int rows, const std::string& file);

private:
    bool recording_ = true;
};

}  // namespace dinoscope::bench
