#include <fcntl.h>
#include <unistd.h>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>
#include <system_error>

#include "engine/base/atomic_file.h"
#include "engine/image/quiet_opencv.h"
#include "engine/image/video_writer.h"

namespace dinoscope {

namespace fs = std::filesystem;

bool canWriteVideos() {
    return true;
}

class VideoWriter::Impl {
public:
    Impl(fs::path file, int width, int height, double rate)
        : file_(behindLinks(std::move(file))), size_(width, height) {
        const std::string ending = file_.extension().string();
        if (!hasVideoEnding(file_)) {
            throw Error("videos end in .mp4 or .avi", file_.string(), "give the file such a name");
        }
        if (width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0 || !(rate > 0)) {
            throw Error("a video cannot have " + std::to_string(width) + " x " + std::to_string(height) +
                            " pixels at " + std::to_string(rate) + " a second",
                        file_.string(), "sides must be even");
        }
        if (ending == ".avi" && rate < 1) {
            throw Error("an .avi has one picture a second or more", file_.string(),
                        "give a name that ends in .mp4, or more pictures a second");
        }
        quietOpenCv();
        // The ending stays: it tells the container.
        temporary_ =
            file_.parent_path() / ("." + file_.stem().string() + "." + std::to_string(getpid()) + ending);
        const bool mp4 = ending == ".mp4";
        const int codec =
            mp4 ? cv::VideoWriter::fourcc('m', 'p', '4', 'v') : cv::VideoWriter::fourcc('M', 'J', 'P', 'G');
        const int backend = mp4 ? cv::CAP_FFMPEG : cv::CAP_OPENCV_MJPEG;
        if (!writer_.open(temporary_.string(), backend, codec, rate, size_) || !writer_.isOpened()) {
            discard();
            throw Error("the video cannot be written", file_.string(),
                        mp4 ? "check the folder, or give a name that ends in .avi" : "check the folder");
        }
    }
    ~Impl() {
        if (!done_) discard();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void add(const Image& image) {
        if (image.width != size_.width || image.height != size_.height) {
            throw Error("a picture of the video has another size than the others", file_.string());
        }
        const cv::Mat rgb(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
        cv::cvtColor(rgb, bgr_, cv::COLOR_RGB2BGR);
        writer_.write(bgr_);
        ++pictures_;
    }

    void finish() {
        writer_.release();
        std::error_code code;
        // The library tells of no failure: a full disk leaves a file that is all but empty.
        const std::uintmax_t bytes = fs::file_size(temporary_, code);
        if (const int written = open(temporary_.c_str(), O_RDONLY | O_CLOEXEC); written >= 0) {
            takeOver(written, file_);
            close(written);
        }
        if (!code && pictures_ > 0 && bytes > 0) fs::rename(temporary_, file_, code);
        if (code || pictures_ == 0 || bytes == 0) {
            discard();
            throw Error("the video cannot be written" + (code ? " (" + code.message() + ")" : std::string()),
                        file_.string(), "check the folder and the space on its disk");
        }
        syncFolder(file_.parent_path());
        done_ = true;
    }

private:
    void discard() {
        writer_.release();
        std::error_code code;
        fs::remove(temporary_, code);
        done_ = true;
    }

    fs::path file_;
    fs::path temporary_;
    cv::Size size_;
    cv::VideoWriter writer_;
    cv::Mat bgr_;
    int pictures_ = 0;
    bool done_ = false;
};

VideoWriter::VideoWriter(fs::path file, int width, int height, double rate)
    : impl_(std::make_unique<Impl>(std::move(file), width, height, rate)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Image& image) {
    impl_->add(image);
}

void VideoWriter::finish() {
    impl_->finish();
}

}  // namespace dinoscope
