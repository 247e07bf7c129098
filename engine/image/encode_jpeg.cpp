#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE from cstdio.
#include <jpeglib.h>

#include "engine/image/encode.h"

namespace dinoscope {

namespace {

/// libjpeg's state. It reports by longjmp, which must not skip destructors: write() holds plain data only.
struct Encoder {
    jpeg_compress_struct codec{};
    jpeg_error_mgr errors{};
    std::jmp_buf failure{};
    char message[JMSG_LENGTH_MAX] = {};
    unsigned char* file = nullptr;
    unsigned long size = 0;

    Encoder() {
        codec.err = jpeg_std_error(&errors);
        codec.client_data = this;
        errors.error_exit = [](j_common_ptr info) {
            auto& self = *static_cast<Encoder*>(info->client_data);
            info->err->format_message(info, self.message);
            std::longjmp(self.failure, 1);
        };
        errors.output_message = [](j_common_ptr) {};
    }
    ~Encoder() {
        jpeg_destroy_compress(&codec);
        std::free(file);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    bool write(const std::uint8_t* samples, std::size_t rowBytes, int width, int height, int channels,
               int quality) {
        if (setjmp(failure)) return false;
        jpeg_create_compress(&codec);
        codec.client_data = this;
        jpeg_mem_dest(&codec, &file, &size);
        codec.image_width = static_cast<JDIMENSION>(width);
        codec.image_height = static_cast<JDIMENSION>(height);
        codec.input_components = channels;
        codec.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&codec);
        jpeg_set_quality(&codec, quality, TRUE);
        jpeg_start_compress(&codec, TRUE);
        while (codec.next_scanline < codec.image_height) {
            // libjpeg only reads the row.
            auto* row = const_cast<JSAMPLE*>(samples + codec.next_scanline * rowBytes);
            jpeg_write_scanlines(&codec, &row, 1);
        }
        jpeg_finish_compress(&codec);
        return true;
    }
};

}  // namespace

std::vector<std::byte> encodeJpeg(const PixelView& image, int quality) {
    image.check();
    if (image.channels != 1 && image.channels != 3) {
        throw Error("a JPEG cannot have " + std::to_string(image.channels) + " channels", {}, "use 1 or 3");
    }
    if (quality < 1 || quality > 100) {
        throw Error("a JPEG's quality lies from 1 to 100, not at " + std::to_string(quality));
    }
    Encoder encoder;
    if (!encoder.write(image.samples.data(), image.rowBytes(), image.width, image.height, image.channels,
                       quality)) {
        throw Error("the image cannot be written as JPEG (" + std::string(encoder.message) + ")");
    }
    const auto* bytes = reinterpret_cast<const std::byte*>(encoder.file);
    return {bytes, bytes + encoder.size};
}

}  // namespace dinoscope
