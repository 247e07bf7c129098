#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/image/image.h"

namespace dinoscope {

/// The pictures of a video file, one after the other, upright; sound is passed over. Not thread-safe.
class VideoReader {
public:
    /// Throws Error, naming the file, where it is none, and where the program was built without videos.
    explicit VideoReader(std::filesystem::path file);
    ~VideoReader();
    VideoReader(const VideoReader&) = delete;
    VideoReader& operator=(const VideoReader&) = delete;

    double rate() const;          ///< pictures a second; 25 where the file does not tell
    std::int64_t count() const;   ///< as the file tells, which need not hold; 0 where it does not
    std::optional<Image> next();  ///< nothing at the end, and where a damaged file goes no further
    bool skip();                  ///< one picture, without the work of colours; false at the end

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dinoscope
