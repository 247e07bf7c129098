#include "engine/image/video_reader.h"
#include "engine/image/video_writer.h"

namespace dinoscope {

bool canWriteVideos() {
    return false;
}

class VideoWriter::Impl {};

VideoWriter::VideoWriter(std::filesystem::path file, int, int, double) {
    throw Error("this program was built without OpenCV and writes no videos", file.string(),
                "export a picture strip, or build with OpenCV");
}
VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Image&) {}
void VideoWriter::finish() {}

class VideoReader::Impl {};

VideoReader::VideoReader(std::filesystem::path file) {
    throw Error("this program was built without OpenCV and reads no videos", file.string(),
                "name a folder with its pictures, or build with OpenCV");
}
VideoReader::~VideoReader() = default;

double VideoReader::rate() const {
    return 0;
}

std::int64_t VideoReader::count() const {
    return 0;
}

std::optional<Image> VideoReader::next() {
    return std::nullopt;
}

bool VideoReader::skip() {
    return false;
}

}  // namespace dinoscope
