#pragma once

namespace dinoscope {

/// Times what a person drags and hovers on a 1920x1080 canvas: milliseconds from the change to the finished
/// repaint, median and 95th percentile, one line a case on stdout. Works offscreen. Returns 1 if a case
/// misses 8 ms in the median, half a frame at 60 Hz.
int runGuiBench();

}  // namespace dinoscope
