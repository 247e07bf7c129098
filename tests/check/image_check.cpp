#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "tests/check/check_report.h"
#include "tests/check/image_files.h"

namespace dinoscope {

namespace {

/// The JPEG of image_files.h is off by 5 in Pillow; releases of libjpeg-turbo may round differently by 2.
constexpr int kJpegLimit = 7;
/// With colours at half the resolution, as our encoder writes them.
constexpr int kOwnJpegLimit = 32;

/// That of make_image_files.py.
Image picture() {
    Image image(13, 7);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            std::uint8_t* pixel = image.at(x, y);
            pixel[0] = static_cast<std::uint8_t>(20 * x);
            pixel[1] = static_cast<std::uint8_t>(40 * y);
            pixel[2] = static_cast<std::uint8_t>(255 - 12 * x - 15 * y);
        }
    }
    return image;
}

/// A binary PPM: a format that is read with OpenCV only.
std::vector<std::byte> ppmOf(const Image& image) {
    const std::string head =
        "P6\n" + std::to_string(image.width) + " " + std::to_string(image.height) + "\n255\n";
    std::vector<std::byte> file;
    for (const char c : head)
        file.push_back(std::byte(c));
    for (const std::uint8_t sample : image.pixels)
        file.push_back(std::byte(sample));
    return file;
}

int largestDifference(const Image& a, const Image& b) {
    if (a.width != b.width || a.height != b.height) return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
    return largest;
}

void checkDecoding(const std::string& what, std::span<const std::byte> file, int limit) {
    try {
        const int difference = largestDifference(decodeImage(file, what), picture());
        report(what + " is read, off by " + std::to_string(difference) + " (limit " + std::to_string(limit) +
                   ")",
               difference <= limit);
    } catch (const Error& error) {
        report(what + " is read: " + error.what(), false);
    }
}

/// `because` is in the sentence that refuses it.
void checkRefusal(const std::string& what, std::span<const std::byte> file, const std::string& because) {
    try {
        decodeImage(file, what);
        report(what + " is refused", false);
    } catch (const Error& error) {
        const bool isTheReason = error.problem().find(because) != std::string::npos;
        report(what + " is refused" + (isTheReason ? "" : std::string(", but: ") + error.what()),
               isTheReason);
    }
}

}  // namespace

void checkImages() {
    const auto jpeg = std::as_bytes(std::span(kJpegFile));
    const auto png = std::as_bytes(std::span(kPngFile));
    checkDecoding("a JPEG of Pillow's", jpeg, kJpegLimit);
    checkDecoding("a PNG of Pillow's", png, 0);
    checkDecoding("a JPEG of our own", encodeJpeg(picture(), 95), kOwnJpegLimit);
    checkDecoding("a PNG of our own", encodePng(picture()), 0);
    constexpr std::size_t kTail = 20;  // the last pixels are in it
    checkRefusal("a JPEG without its end", jpeg.first(jpeg.size() - kTail), "cut off or damaged");
    checkRefusal("a PNG without its end", png.first(png.size() - kTail), "cut off or damaged");
    const std::vector<std::byte> ppm = ppmOf(picture());
    if (canDecode(ImageFormat::Pnm)) {
        checkDecoding("a PPM, by OpenCV,", ppm, 0);
    } else {
        checkRefusal("a PPM, without OpenCV,", ppm, "built to read only JPEG and PNG");
    }
}

}  // namespace dinoscope
