#include "engine/base/printable.h"

#include <algorithm>

#include "engine/base/utf8.h"

namespace dinoscope {

namespace {

/// C0 and C1 controls move a terminal's cursor.
bool isControl(std::string_view sequence) {
    const auto byte = [sequence](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    return sequence.size() == 1 ? byte(0) < 0x20 || byte(0) == 0x7F
                                : sequence.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = utf8Length(text);
        const std::string_view next = text.substr(0, std::max<std::size_t>(length, 1));
        if (result.size() + next.size() > most) return result + "…";
        if (length == 0 || isControl(next)) {
            result += '?';
        } else {
            result += next;
        }
        text.remove_prefix(next.size());
    }
    return result;
}

std::string listNames(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    // "and 1 more" would save nothing.
    const std::size_t shown = names.size() <= most + 1 ? names.size() : most;
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
        text += printable(names[i]);
    }
    if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
    return text;
}

}  // namespace dinoscope
