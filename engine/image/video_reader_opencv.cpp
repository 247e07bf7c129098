#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <system_error>

#include "engine/image/quiet_opencv.h"
#include "engine/image/video_reader.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

constexpr double kUsualRate = 25;
constexpr double kMostRate = 1000;

}  // namespace

class VideoReader::Impl {
public:
    explicit Impl(fs::path file) : file_(std::move(file)) {
        std::error_code code;
        if (!fs::is_regular_file(file_, code)) {
            throw Error(fs::exists(file_, code) ? "this is no file" : "there is no such file", file_.string(),
                        "name a video file, or a folder with its pictures");
        }
        quietOpenCv();
        // A whole path is never taken for an address or for a pattern of pictures.
        if (!capture_.open(fs::absolute(file_, code).string(), cv::CAP_FFMPEG) || !capture_.isOpened())
            throw Error("this is no video that can be read", file_.string(),
                        "convert it to MP4 (H.264), or name another file");
    }

    double rate() const {
        const double told = capture_.get(cv::CAP_PROP_FPS);
        return told > 0 && told <= kMostRate ? told : kUsualRate;
    }

    std::int64_t count() const {
        const double told = capture_.get(cv::CAP_PROP_FRAME_COUNT);
        return told > 0 && told < 1e9 ? std::llround(told) : 0;
    }

    bool skip() { return capture_.grab(); }

    std::optional<Image> next() {
        if (!capture_.read(bgr_) || bgr_.empty()) return std::nullopt;
        if (bgr_.type() != CV_8UC3)
            throw Error("its pictures are of a kind that is not read", file_.string());
        Image image(bgr_.cols, bgr_.rows);
        cv::Mat rgb(image.height, image.width, CV_8UC3, image.pixels.data());
        cv::cvtColor(bgr_, rgb, cv::COLOR_BGR2RGB);
        return image;
    }

private:
    fs::path file_;
    cv::VideoCapture capture_;
    cv::Mat bgr_;
};

VideoReader::VideoReader(fs::path file) : impl_(std::make_unique<Impl>(std::move(file))) {}
VideoReader::~VideoReader() = default;

double VideoReader::rate() const {
    return impl_->rate();
}

std::int64_t VideoReader::count() const {
    return impl_->count();
}

std::optional<Image> VideoReader::next() {
    return impl_->next();
}

bool VideoReader::skip() {
    return impl_->skip();
}

}  // namespace dinoscope
