#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/api/core.h"
#include "engine/api/runtime.h"

namespace dinoscope::api {

/// Every option of `dino video`: its own, those of a view, the model's and the common ones.
const OptionSchema& videoOptions();

struct VideoReport {
    std::filesystem::path input;
    std::filesystem::path output;
    std::string weights;
    Placement placement;
    std::int64_t frames = 0;   ///< in the video
    std::int64_t skipped = 0;  ///< images of a folder that could not be read or attended to
    bool cutShort = false;     ///< the file ended well before the number of pictures that it tells
    int width = 0;             ///< of the video, pixels
    int height = 0;
    double rate = 0;     ///< frames a second
    int pictures = 0;    ///< made of each frame
    double seconds = 0;  ///< that it took
};

/// Writes a video of the attention to each frame of `input`, a video file or a folder with its pictures in
/// natural order: the frame, the mean of the heads and each head over it, row by row. Whole or not there.
/// Polls between blocks of the network; progress counts frames.
VideoReport video(const std::filesystem::path& input, const OptionValues& options, JobControl& control);

/// The document of `dino video --json`.
std::string toJson(const VideoReport& report);

}  // namespace dinoscope::api
