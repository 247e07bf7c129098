#include <climits>
#include <iostream>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <streambuf>
#include <vector>

#include "engine/image/byte_reader.h"
#include "engine/image/codecs.h"
#include "engine/image/exif.h"
#include "engine/image/header_parsers.h"

namespace dinoscope {

namespace {

/// cv::imdecode() writes what went wrong to std::cerr, with no way to stop it. This stands before the buffer
/// of std::cerr and drops what a thread writes while it decodes.
class QuietableBuffer : public std::streambuf {
public:
    explicit QuietableBuffer(std::streambuf* next) : next_(next) {}
    static thread_local bool quiet;

protected:
    int_type overflow(int_type c) override {
        if (quiet || traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        return next_->sputc(traits_type::to_char_type(c));
    }
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        return quiet ? size : next_->sputn(text, size);
    }
    int sync() override { return quiet ? 0 : next_->pubsync(); }

private:
    std::streambuf* next_;
};

thread_local bool QuietableBuffer::quiet = false;

class QuietScope {
public:
    QuietScope() {
        static std::once_flag once;
        std::call_once(once, [] {
            cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
            // Never freed: std::cerr is used to the end of the process.
            std::cerr.rdbuf(new QuietableBuffer(std::cerr.rdbuf()));
        });
        QuietableBuffer::quiet = true;
    }
    ~QuietScope() { QuietableBuffer::quiet = false; }
    QuietScope(const QuietScope&) = delete;
    QuietScope& operator=(const QuietScope&) = delete;
};

void overwrite(std::vector<std::byte>& file, const TiffNumber& number, bool bigEndian, unsigned value) {
    for (int i = 0; i < number.bytes; ++i) {
        const int place = bigEndian ? number.bytes - 1 - i : i;
        const unsigned part = i < 4 ? value >> (8 * i) & 0xFF : 0;
        file[static_cast<std::size_t>(number.offset) + static_cast<std::size_t>(place)] = std::byte(part);
    }
}

/// OpenCV turns TIFF images by their orientation whatever it is asked for, each sample width in its own way,
/// and libtiff multiplies colours by unassociated alpha. A copy of the file that tells neither comes out as
/// stored.
std::vector<std::byte> asStored(std::span<const std::byte> bytes, const TiffTags& tags) {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    overwrite(copy, tags.orientation, tags.bigEndian, 1);
    overwrite(copy, tags.extraSample, tags.bigEndian, 1);
    return copy;
}

/// Kinds of files that OpenCV could only fail on get a sentence that says why.
void refuseUnsupported(std::span<const std::byte> bytes, const std::string& file, const ImageHeader& header,
                       const std::optional<TiffTags>& tags) {
    const auto refuse = [&](const std::string& what) {
        throw Error("this is " + what + ", which is not read", file, "convert it to an 8-bit PNG or to JPEG");
    };
    if (bytes.size() > INT_MAX) refuse("a file of more than 2 GiB");
    if (tags && tags->sampleFormat.value == 3) refuse("a TIFF image of floating point samples");
    if (tags && tags->bitsPerSample.value > 16) {
        refuse("a TIFF image of " + std::to_string(tags->bitsPerSample.value) + "-bit samples");
    }
    constexpr std::uint64_t kAnimation = 2;  // a flag of the VP8X chunk, RFC 9649, 2.7.1
    const ByteReader reader(bytes);
    if (header.format == ImageFormat::WebP && reader.startsWith("VP8X", 12) &&
        (reader.u8(20).value_or(0) & kAnimation) != 0) {
        refuse("an animated WebP image");
    }
}

cv::Mat decodeQuietly(const cv::Mat& file, int flags) {
    const QuietScope quiet;
    try {
        return cv::imdecode(file, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION | flags);
    } catch (const cv::Exception& error) {
        if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
        return {};
    }
}

/// OpenCV takes the samples of Netpbm files as they are, whatever their maximum is, but for those up to 255
/// that are written as text; and it reads no number that ends with the file.
cv::Mat decodePnm(std::span<const std::byte> bytes, const std::string& file) {
    const std::uint64_t maximum = pnmMaximum(bytes).value_or(0);
    if (maximum < 1 || maximum > 65535) failDamaged(ImageFormat::Pnm, file, "no maximum from 1 to 65535");
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    copy.push_back(std::byte('\n'));
    const cv::Mat input(1, static_cast<int>(copy.size()), CV_8UC1, copy.data());
    const bool isText = bytes[1] >= std::byte('1') && bytes[1] <= std::byte('3');
    if (maximum == 255 || maximum == 65535 || (isText && maximum < 255)) return decodeQuietly(input, 0);
    cv::Mat scaled;
    decodeQuietly(input, cv::IMREAD_ANYDEPTH)
        .convertTo(scaled, CV_8UC3, 255.0 / static_cast<double>(maximum));
    return scaled;
}

}  // namespace

bool hasOpenCv() {
    return true;
}

Image decodeWithOpenCv(std::span<const std::byte> bytes, const std::string& file, const ImageHeader& header) {
    const auto tags = header.format == ImageFormat::Tiff ? readTiffTags(bytes) : std::nullopt;
    refuseUnsupported(bytes, file, header, tags);
    std::vector<std::byte> copy;
    if (tags && (tags->uprightOrientation() != 1 || tags->extraSample.value == 2)) {
        copy = asStored(bytes, *tags);
        bytes = copy;
    }
    const cv::Mat input(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::byte*>(bytes.data()));
    const cv::Mat decoded =
        header.format == ImageFormat::Pnm ? decodePnm(bytes, file) : decodeQuietly(input, 0);
    if (decoded.empty() || decoded.type() != CV_8UC3) failDamaged(header.format, file);
    Image image(decoded.cols, decoded.rows);
    for (int y = 0; y < image.height; ++y) {
        const std::uint8_t* from = decoded.ptr<std::uint8_t>(y);
        std::uint8_t* to = image.row(y);
        for (int x = 0; x < image.width; ++x, from += 3, to += 3) {
            to[0] = from[2];
            to[1] = from[1];
            to[2] = from[0];
        }
    }
    return image;
}

}  // namespace dinoscope
