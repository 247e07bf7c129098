#pragma once

#include <cstdint>
#include <string>

// Not for app or ui. LibTorch's CUDA part and the driver, opened at run time: the same program runs on
// machines that have neither.
namespace dinoscope::api {

/// Opens libtorch_cuda.so where a driver is found; must come before LibTorch is first asked for CUDA, since
/// it remembers the answer. Takes about a second with a driver, none without.
void openCuda();

int cudaDeviceCount();

/// The card's name as the driver tells it.
std::string cudaDeviceName(int index);

/// Whether the card computes bf16 faster than fp32: from compute capability 8.0 (Ampere) on.
bool cudaHasFastBf16(int index);

/// Bytes that can be taken on a card, those that LibTorch keeps for reuse among them; 0 where it cannot be
/// told.
std::int64_t cudaFreeMemory(int index);

}  // namespace dinoscope::api
