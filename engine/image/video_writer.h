#pragma once

#include <filesystem>
#include <memory>

#include "engine/image/image.h"

namespace dinoscope {

/// Whether this program was built to write videos.
bool canWriteVideos();

/// ".mp4" or ".avi".
bool hasVideoEnding(const std::filesystem::path& file);

/// The nearest number of pictures a second that can be stored: MPEG-4 holds fractions of up to 65535.
double storableRate(double rate);

/// A video file that is either whole or not there: MPEG-4 in an .mp4, Motion JPEG in an .avi. Errors name the
/// file.
class VideoWriter {
public:
    /// Sides must be even; `rate` is in pictures a second. Throws Error for other endings and sizes, and
    /// where the program was built without videos. An .avi has one picture a second or more.
    VideoWriter(std::filesystem::path file, int width, int height, double rate);
    ~VideoWriter();  ///< without finish() nothing is left
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// An image of the video's size.
    void add(const Image& image);
    void finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dinoscope
