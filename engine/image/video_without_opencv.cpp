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

}  // namespace dinoscope
