#pragma once

namespace dinoscope {

/// Every distance of the window is a multiple of half a step.
inline constexpr int kStep = 8;
inline constexpr int kHalfStep = kStep / 2;

}  // namespace dinoscope
