#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/base/job.h"
#include "engine/image/image.h"

namespace dinoscope::api {

/// The pictures of a video file, or of a folder that holds them.
class VideoFrames {
public:
    virtual ~VideoFrames() = default;
    /// A folder is one of pictures, all else a video file. Throws Error naming it.
    static std::unique_ptr<VideoFrames> open(const std::filesystem::path& input, JobControl& control);

    virtual double rate() const = 0;          ///< frames a second; 25 where nothing tells
    virtual std::int64_t count() const = 0;   ///< 0 where it is not known
    virtual std::optional<Image> next() = 0;  ///< nothing at the end
    virtual bool skip() = 0;                  ///< false at the end
    virtual std::int64_t unreadable() const { return 0; }
};

}  // namespace dinoscope::api
