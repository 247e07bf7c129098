#pragma once

#include <cstdlib>
#include <opencv2/core/utils/logger.hpp>

namespace dinoscope {

/// OpenCV and FFmpeg print what they think of a file between our lines; what matters is an Error.
inline void quietOpenCv() {
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
}

}  // namespace dinoscope
