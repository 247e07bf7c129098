#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "engine/image/codecs.h"

namespace dinoscope {

namespace {

/// libpng's state. It reports by longjmp, which must not skip destructors: every function that calls it
/// through setjmp holds plain data only.
struct Decoder {
    png_structp codec = nullptr;
    png_infop info = nullptr;
    const std::byte* data = nullptr;
    std::size_t left = 0;
    char message[128] = {};

    explicit Decoder(std::span<const std::byte> bytes) : data(bytes.data()), left(bytes.size()) {
        codec = png_create_read_struct(
            PNG_LIBPNG_VER_STRING, this,
            [](png_structp png, png_const_charp text) {
                auto& self = *static_cast<Decoder*>(png_get_error_ptr(png));
                std::strncpy(self.message, text, sizeof self.message - 1);
                png_longjmp(png, 1);
            },
            [](png_structp, png_const_charp) {});
        info = codec ? png_create_info_struct(codec) : nullptr;
        if (!info) {
            png_destroy_read_struct(&codec, nullptr, nullptr);
            throw std::bad_alloc();
        }
        png_set_read_fn(codec, this, [](png_structp png, png_bytep target, std::size_t size) {
            auto& self = *static_cast<Decoder*>(png_get_io_ptr(png));
            if (size > self.left) png_error(png, "the file ends too early");
            std::memcpy(target, self.data, size);
            self.data += size;
            self.left -= size;
        });
    }
    ~Decoder() { png_destroy_read_struct(&codec, &info, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
};

/// Whatever is stored, rows of 8-bit RGB come out.
bool readHeader(Decoder& decoder) {
    if (setjmp(png_jmpbuf(decoder.codec))) return false;
    png_set_user_limits(decoder.codec, PNG_UINT_31_MAX,
                        PNG_UINT_31_MAX);  // readImageHeader() has checked them
    png_read_info(decoder.codec, decoder.info);
    png_set_expand(decoder.codec);
    png_set_strip_16(decoder.codec);
    png_set_gray_to_rgb(decoder.codec);
    png_set_strip_alpha(decoder.codec);
    png_set_interlace_handling(decoder.codec);
    png_read_update_info(decoder.codec, decoder.info);
    return true;
}

bool readRows(Decoder& decoder, png_bytep* rows) {
    if (setjmp(png_jmpbuf(decoder.codec))) return false;
    png_read_image(decoder.codec, rows);
    return true;
}

}  // namespace

Image decodePng(std::span<const std::byte> bytes, const std::string& file) {
    Decoder decoder(bytes);
    if (!readHeader(decoder)) failDamaged(ImageFormat::Png, file, decoder.message);
    Image image(static_cast<int>(png_get_image_width(decoder.codec, decoder.info)),
                static_cast<int>(png_get_image_height(decoder.codec, decoder.info)));
    if (png_get_rowbytes(decoder.codec, decoder.info) != image.rowBytes()) {
        failDamaged(ImageFormat::Png, file, "its rows are not those of a PNG");
    }
    std::vector<png_bytep> rows;
    rows.reserve(static_cast<std::size_t>(image.height));
    for (int y = 0; y < image.height; ++y) {
        rows.push_back(image.row(y));
    }
    if (!readRows(decoder, rows.data())) failDamaged(ImageFormat::Png, file, decoder.message);
    return image;
}

}  // namespace dinoscope
