#include "engine/api/video_frames.h"

#include <vector>

#include "engine/data/folder_scan.h"
#include "engine/image/decode.h"
#include "engine/image/video_reader.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

constexpr double kFolderRate = 25;

class FileFrames : public VideoFrames {
public:
    explicit FileFrames(const fs::path& file) : file_(file), reader_(file) {}
    double rate() const override { return reader_.rate(); }
    std::int64_t count() const override { return reader_.count(); }
    std::optional<Image> next() override {
        ++number_;
        return reader_.next();
    }
    bool skip() override {
        ++number_;
        return reader_.skip();
    }
    std::string where() const override { return file_.string() + ", picture " + std::to_string(number_); }
    bool areFiles() const override { return false; }

private:
    fs::path file_;
    VideoReader reader_;
    std::int64_t number_ = 0;  ///< from 1
};

class FolderFrames : public VideoFrames {
public:
    FolderFrames(const fs::path& folder, JobControl& control)
        : files_(listImages(folder, false)), control_(control) {
        if (!files_.empty()) return;
        throw Error("there is no image in this folder", folder.string(),
                    "name a video, or a folder with its pictures as JPEG or PNG files");
    }

    double rate() const override { return kFolderRate; }
    std::int64_t count() const override { return std::int64_t(files_.size()); }
    std::string where() const override { return files_[at_ - 1].string(); }
    bool areFiles() const override { return true; }

    std::optional<Image> next() override {
        if (at_ == files_.size()) return std::nullopt;
        try {
            return decodeImage(files_[at_++]);
        } catch (const Error& error) {
            control_.note(error.what());
            return Image();
        }
    }

    bool skip() override {
        if (at_ == files_.size()) return false;
        ++at_;
        return true;
    }

private:
    std::vector<fs::path> files_;
    JobControl& control_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<VideoFrames> VideoFrames::open(const fs::path& input, JobControl& control) {
    std::error_code code;
    if (fs::is_directory(input, code)) return std::make_unique<FolderFrames>(input, control);
    return std::make_unique<FileFrames>(input);
}

}  // namespace dinoscope::api
