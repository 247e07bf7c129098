#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dinoscope {

/// Bytes of the well-formed UTF-8 sequence (RFC 3629) at the start of `text`, which is not empty; 0 where
/// there is none.
std::size_t utf8Length(std::string_view text);

bool isUtf8(std::string_view text);

/// Appends the sequence of a code point below 0x110000. Halves of surrogate pairs become three bytes each,
/// which are no UTF-8, but what Python's pickles hold.
void appendUtf8(std::string& text, std::uint32_t code);

}  // namespace dinoscope
