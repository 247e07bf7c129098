#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/resample.h"
#include "engine/ssl/augment/apply_crop.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

namespace fs = std::filesystem;

constexpr int kSide = 224;
constexpr int kQuality = 90;
constexpr int kImages = 50;  // a run, each with other chances

/// A file that goes with its owner.
class SmallJpeg {
public:
    explicit SmallJpeg(const std::string& image)
        : path_(fs::temp_directory_path() / ("dino_bench." + std::to_string(getpid()) + ".jpg")) {
        writeJpeg(path_, resize(decodeImage(fs::path(image)), kSide, kSide, Filter::Bicubic), kQuality);
    }
    ~SmallJpeg() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    SmallJpeg(const SmallJpeg&) = delete;
    SmallJpeg& operator=(const SmallJpeg&) = delete;

    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// Of this thread's time, which other programs do not lengthen as they do the clock's.
double threadSeconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Work>
double medianThreadSeconds(int repeat, const Work& work) {
    std::vector<double> times;
    for (int i = 0; i <= repeat; ++i) {
        const double start = threadSeconds();
        for (int image = 0; image < kImages; ++image)
            work(image);
        if (i > 0) times.push_back((threadSeconds() - start) / kImages);
    }
    std::nth_element(times.begin(), times.begin() + repeat / 2, times.end());
    return times[std::size_t(repeat / 2)];
}

void printRate(const std::string& what, double seconds, const std::string& ratio = {}) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.0f images/s", 1 / seconds);
    printRow(what, text, ratio);
}

double torchvisionSeconds(const AugmentBenchOptions& options, const fs::path& file) {
    if (options.python.empty()) return 0;
    const std::string output = outputOf(options.python + " " + options.script + " augment --image '" +
                                        file.string() + "' --repeat " + std::to_string(options.repeat));
    if (!output.empty()) return nlohmann::json::parse(output)["seconds"];
    std::cerr << options.python << ": compare_pytorch.py failed; ratios are left out\n";
    return 0;
}

}  // namespace

void runAugmentBench(const AugmentBenchOptions& options) {
    if (options.repeat < 1) throw UsageError("there is nothing to measure", "--repeat", "give 1 or more");
    const SmallJpeg file(options.image);
    MultiCropOptions crops;
    crops.localCrops = 6;
    std::vector<float> view(3 * kSide * kSide);
    const double theirs = torchvisionSeconds(options, file.path());
    setThreadCount(1);
    const auto rate = [&](CpuPath path) {
        CropMaker maker(path);
        return medianThreadSeconds(options.repeat, [&](int number) {
            const Image image = decodeImage(file.path());
            for (int i = 0; i < crops.views(); ++i) {
                const CropPlan plan =
                    drawCropPlan(crops, image.width, image.height, i, imageKey(0, 0, number));
                maker.make(image, plan, crops.sizeOf(i), view.data());
            }
        });
    };
    const auto ratio = [&](double seconds) { return theirs > 0 ? times(theirs / seconds) : std::string(); };
    if (theirs > 0) printRate("torchvision on Pillow, one core", theirs);
    const double ours = rate(cpuPath());
    printRate("2 x 224 + 6 x 96 px, one core, " + name(cpuPath()), ours, ratio(ours));
    if (cpuPath() != CpuPath::Portable) {
        const double portable = rate(CpuPath::Portable);
        printRate("2 x 224 + 6 x 96 px, one core, portable", portable, ratio(portable));
    }
    const double decoding = medianThreadSeconds(options.repeat, [&](int) { decodeImage(file.path()); });
    printRow("decoding, of that", milliseconds(decoding));
    setThreadCount(0);
}

}  // namespace dinoscope::bench
