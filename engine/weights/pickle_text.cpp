#include "engine/weights/pickle_text.h"

#include <charconv>
#include <cstdint>

#include "engine/base/utf8.h"

namespace dinoscope {

namespace {

/// The hexadecimal digits at the start of `text`, exactly `count`; false where there are fewer.
bool hexadecimal(std::string_view text, std::size_t count, std::uint32_t& value) {
    if (text.size() < count) return false;
    const auto [end, code] = std::from_chars(text.data(), text.data() + count, value, 16);
    return code == std::errc() && end == text.data() + count;
}

}  // namespace

std::string unquoted(std::string_view text) {
    if (text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0]) {
        text = text.substr(1, text.size() - 2);
    }
    std::string result;
    while (!text.empty()) {
        std::uint32_t code = 0;
        if (text[0] == '\\' && text.size() > 1) {
            const std::size_t known = std::string_view("nrt\\'\"").find(text[1]);
            if (known != std::string_view::npos) {
                result += "\n\r\t\\'\""[known];
                text.remove_prefix(2);
                continue;
            }
            if (text[1] == 'x' && hexadecimal(text.substr(2), 2, code)) {
                result += static_cast<char>(code);
                text.remove_prefix(4);
                continue;
            }
        }
        result += text[0];
        text.remove_prefix(1);
    }
    return result;
}

std::string unescaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t digits = text.substr(0, 2) == "\\u" ? 4 : text.substr(0, 2) == "\\U" ? 8 : 0;
        if (digits > 0 && hexadecimal(text.substr(2), digits, code)) {
            appendUtf8(result, code);
            text.remove_prefix(2 + digits);
        } else {
            appendUtf8(result, static_cast<unsigned char>(text[0]));
            text.remove_prefix(1);
        }
    }
    return result;
}

}  // namespace dinoscope
