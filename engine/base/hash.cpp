#include "engine/base/hash.h"

#include <openssl/evp.h>

#include <fstream>
#include <memory>
#include <vector>

namespace dinoscope {

namespace {

constexpr std::streamsize kPiece = 8 << 20;
constexpr std::int64_t kMegabyte = 1'000'000;

std::ifstream openFile(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw Error("the file cannot be opened", file.string(), "check that it exists and is readable");
    return stream;
}

std::int64_t sizeOf(const std::filesystem::path& file) {
    openFile(file);
    std::error_code code;
    const std::uintmax_t size = std::filesystem::file_size(file, code);
    if (code) throw Error("this is not a regular file", file.string(), "name a file");
    return static_cast<std::int64_t>(size);
}

std::string digitsOf(const unsigned char* digest, unsigned int bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < bytes; ++i) {
        text += kHex[digest[i] >> 4];
        text += kHex[digest[i] & 15];
    }
    return text;
}

}  // namespace

std::string hexadecimal(std::uint64_t value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4)
        *digit = kDigits[value & 15];
    return text;
}

std::string sha256OfFile(const std::filesystem::path& file, JobControl& control) {
    return sha256OfFiles({file}, control);
}

std::string sha256OfFiles(const std::vector<std::filesystem::path>& files, JobControl& control) {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
        throw Error("SHA-256 is not available in this system's libcrypto");
    }
    std::int64_t total = 0;
    for (const std::filesystem::path& file : files)
        total += sizeOf(file);
    control.setTotal(total / kMegabyte, "MB");
    std::vector<char> piece(kPiece);
    std::int64_t done = 0;
    for (const std::filesystem::path& file : files) {
        std::ifstream stream = openFile(file);
        while (stream) {
            control.poll();
            stream.read(piece.data(), kPiece);
            EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(stream.gcount()));
            const std::int64_t before = done;
            done += stream.gcount();
            control.advance(done / kMegabyte - before / kMegabyte);
        }
        if (stream.bad()) throw Error("the file cannot be read to its end", file.string(), "check the disk");
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    EVP_DigestFinal_ex(context.get(), digest, &bytes);
    return digitsOf(digest, bytes);
}

}  // namespace dinoscope
