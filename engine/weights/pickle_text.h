#pragma once

#include <string>
#include <string_view>

namespace dinoscope {

/// Python's repr of a byte string, quotes included; what it does not know it keeps as it stands.
std::string unquoted(std::string_view text);

/// Python's raw-unicode-escape: Latin-1 with \uXXXX and \UXXXXXXXX.
std::string unescaped(std::string_view text);

}  // namespace dinoscope
