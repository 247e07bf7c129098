#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE from cstdio.
#include <jpeglib.h>
// jerror.h after it.
#include <jerror.h>

#include <vector>

#include "engine/image/codecs.h"

namespace dinoscope {

namespace {

/// A progressive file may bring as many scans as its maker likes; each costs a pass over the whole image.
constexpr int kMaxScans = 500;

/// libjpeg's state. It reports by longjmp, which must not skip destructors: every function that calls it
/// through setjmp holds plain data only.
struct Decoder {
    jpeg_decompress_struct codec{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf failure{};
    char message[JMSG_LENGTH_MAX] = {};
    bool fileEnded = false;    ///< the file ended before the end-of-image marker
    bool dataMissing = false;  ///< a scan ended before its last block

    Decoder() {
        codec.err = jpeg_std_error(&errors);
        codec.client_data = this;
        errors.error_exit = [](j_common_ptr info) {
            auto& self = *static_cast<Decoder*>(info->client_data);
            info->err->format_message(info, self.message);
            std::longjmp(self.failure, 1);
        };
        errors.emit_message = [](j_common_ptr info, int level) {
            auto& self = *static_cast<Decoder*>(info->client_data);
            if (level >= 0) return;
            self.fileEnded |= info->err->msg_code == JWRN_JPEG_EOF;
            self.dataMissing |= info->err->msg_code == JWRN_HIT_MARKER;
        };
        errors.output_message = [](j_common_ptr) {};
        progress.progress_monitor = [](j_common_ptr info) {
            if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
            auto& self = *static_cast<Decoder*>(info->client_data);
            std::snprintf(self.message, sizeof self.message, "more than %d scans", kMaxScans);
            std::longjmp(self.failure, 1);
        };
    }
    ~Decoder() { jpeg_destroy_decompress(&codec); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
};

bool readHeader(Decoder& decoder, const unsigned char* data, std::size_t size) {
    if (setjmp(decoder.failure)) return false;
    jpeg_create_decompress(&decoder.codec);
    decoder.codec.client_data = &decoder;
    decoder.codec.progress = &decoder.progress;
    jpeg_mem_src(&decoder.codec, data, static_cast<unsigned long>(size));
    jpeg_read_header(&decoder.codec, TRUE);
    const auto stored = decoder.codec.jpeg_color_space;
    decoder.codec.out_color_space = stored == JCS_CMYK || stored == JCS_YCCK ? JCS_CMYK : JCS_RGB;
    return true;
}

/// Adobe's convention, which is everyone's: stored CMYK is inverted, 255 is no ink.
void cmykToRgb(const unsigned char* cmyk, unsigned char* rgb, unsigned width) {
    for (unsigned x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
        for (int c = 0; c < 3; ++c) {
            const unsigned product = cmyk[c] * cmyk[3] + 128;
            rgb[c] = static_cast<unsigned char>((product + (product >> 8)) >> 8);  // product / 255, rounded
        }
    }
}

/// `scratch` holds a row of CMYK where there is such a thing.
bool readRows(Decoder& decoder, unsigned char* pixels, unsigned char* scratch) {
    if (setjmp(decoder.failure)) return false;
    auto& codec = decoder.codec;
    jpeg_start_decompress(&codec);
    while (codec.output_scanline < codec.output_height) {
        unsigned char* row = pixels + std::size_t{codec.output_scanline} * codec.output_width * 3;
        unsigned char* target = scratch ? scratch : row;
        if (jpeg_read_scanlines(&codec, &target, 1) != 1) break;
        if (scratch) cmykToRgb(scratch, row, codec.output_width);
    }
    return codec.output_scanline == codec.output_height;
}

}  // namespace

Image decodeJpeg(std::span<const std::byte> bytes, const std::string& file) {
    Decoder decoder;
    if (!readHeader(decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())) {
        failDamaged(ImageFormat::Jpeg, file, decoder.message);
    }
    Image image(static_cast<int>(decoder.codec.image_width), static_cast<int>(decoder.codec.image_height));
    std::vector<unsigned char> scratch;
    if (decoder.codec.out_color_space == JCS_CMYK) scratch.resize(std::size_t{decoder.codec.image_width} * 4);
    if (!readRows(decoder, image.pixels.data(), scratch.empty() ? nullptr : scratch.data())) {
        failDamaged(ImageFormat::Jpeg, file, decoder.message);
    }
    // A file that lacks nothing but its end marker is whole. Of a progressive one nobody can tell.
    if (decoder.fileEnded && (decoder.dataMissing || jpeg_has_multiple_scans(&decoder.codec))) {
        failDamaged(ImageFormat::Jpeg, file, "the file ends too early");
    }
    return image;
}

}  // namespace dinoscope
