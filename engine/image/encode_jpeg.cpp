#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE from cstdio.
#include <jpeglib.h>

#include <array>
#include <new>

#include "engine/image/encode.h"

namespace dinoscope {

namespace {

/// libjpeg's state. It reports by longjmp, which must not skip destructors: write() holds plain data only.
struct Encoder {
    jpeg_compress_struct codec{};
    jpeg_error_mgr errors{};
    std::jmp_buf failure{};
    char message[JMSG_LENGTH_MAX] = {};
    jpeg_destination_mgr destination{};
    std::vector<std::byte> file;
    std::array<JOCTET, 64 * 1024> buffer;

    Encoder() {
        codec.err = jpeg_std_error(&errors);
        codec.client_data = this;
        errors.error_exit = [](j_common_ptr info) {
            auto& self = *static_cast<Encoder*>(info->client_data);
            info->err->format_message(info, self.message);
            std::longjmp(self.failure, 1);
        };
        errors.output_message = [](j_common_ptr) {};
        destination.init_destination = [](j_compress_ptr info) { fromStart(*info->dest, self(info)); };
        destination.empty_output_buffer = [](j_compress_ptr info) -> boolean {
            flush(info, self(info).buffer.size());
            fromStart(*info->dest, self(info));
            return TRUE;
        };
        destination.term_destination = [](j_compress_ptr info) {
            flush(info, self(info).buffer.size() - info->dest->free_in_buffer);
        };
    }
    ~Encoder() { jpeg_destroy_compress(&codec); }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    static Encoder& self(j_compress_ptr info) { return *static_cast<Encoder*>(info->client_data); }

    static void fromStart(jpeg_destination_mgr& target, Encoder& encoder) {
        target.next_output_byte = encoder.buffer.data();
        target.free_in_buffer = encoder.buffer.size();
    }

    static void flush(j_compress_ptr info, std::size_t size) {
        Encoder& encoder = self(info);
        const auto* bytes = reinterpret_cast<const std::byte*>(encoder.buffer.data());
        bool full = false;
        try {
            encoder.file.insert(encoder.file.end(), bytes, bytes + size);
        } catch (const std::bad_alloc&) {
            full = true;
        }
        if (!full) return;
        std::snprintf(encoder.message, sizeof encoder.message, "memory ran out");
        std::longjmp(encoder.failure, 1);
    }

    bool write(const std::uint8_t* samples, std::size_t rowBytes, int width, int height, int channels,
               int quality) {
        if (setjmp(failure)) return false;
        jpeg_create_compress(&codec);
        codec.client_data = this;
        codec.dest = &destination;
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
    return std::move(encoder.file);
}

}  // namespace dinoscope
