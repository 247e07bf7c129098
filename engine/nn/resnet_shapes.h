#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dinoscope {

/// The names and shapes of ResNet-50's tensors as torchvision has them, without its classifier, and without
/// the counters of batches that old files lack.
std::map<std::string, std::vector<std::int64_t>> expectedResNet50Shapes();

inline constexpr int kResNet50Dim = 2048;
inline constexpr int kResNet50Stride = 32;  ///< pixels of the input a pixel of the last map

}  // namespace dinoscope
