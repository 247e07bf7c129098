#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/job.h"
#include "engine/image/image.h"

namespace dinoscope::api {

/// The pictures of a video file, or of a folder that holds them.
class VideoFrames {
public:
    virtual ~VideoFrames() = default;
    /// A folder is one of pictures, all else a video file. Throws Error naming it.
    static std::unique_ptr<VideoFrames> open(const std::filesystem::path& input, JobControl& control);

    virtual double rate() const = 0;         ///< frames a second; 25 where nothing tells
    virtual std::int64_t count() const = 0;  ///< 0 where it is not known
    /// Nothing at the end; an empty image where a file of a folder cannot be read, which is noted.
    virtual std::optional<Image> next() = 0;
    virtual bool skip() = 0;                ///< false at the end
    virtual std::string where() const = 0;  ///< the last one, for errors
    virtual bool areFiles() const = 0;      ///< each by itself, as in a folder
};

}  // namespace dinoscope::api
