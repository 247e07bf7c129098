#pragma once

namespace dinoscope {

/// Times what a person drags and hovers on a 1920x1080 canvas: milliseconds from the change to the finished
/// repaint, median and 95th percentile, one line a case on stdout. Works offscreen. Returns 1 if a case
/// misses 8 ms in the median, half a frame at 60 Hz.
int runGuiBench();

/// Times a grid of 100,000 thumbnails while it is scrolled, their JPEG files decoded off-thread meanwhile:
/// from a step of the scroll bar to the finished repaint, with what arrived since the step before. One line a
/// case on stdout. Needs a QApplication. Returns false if a case misses 16 ms, a frame at 60 Hz, in its 95th
/// percentile.
bool runGridBench();

/// Times what the pages about runs do: a plot of a million points zoomed, panned and pointed at, and eight of
/// them at once; 200 runs opened; and how long the window's thread is away while a trainer works beside it
/// for 20 s. One line a case on stdout. Needs a QApplication. Returns false if a repaint misses 16 ms, runs a
/// second, or the thread was away for 50 ms.
bool runRunBench();

}  // namespace dinoscope
