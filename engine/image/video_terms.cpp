#include <algorithm>
#include <cmath>

#include "engine/image/video_writer.h"

namespace dinoscope {

bool hasVideoEnding(const std::filesystem::path& file) {
    return file.extension() == ".mp4" || file.extension() == ".avi";
}

double storableRate(double rate) {
    constexpr double kThousandthsFit = 65;
    constexpr double kLeast = 0.01;
    const double parts = rate > kThousandthsFit ? 100 : 1000;
    return std::max(kLeast, std::round(rate * parts) / parts);
}

}  // namespace dinoscope
