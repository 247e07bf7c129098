#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dinoscope {

/// Text out of an untrusted file, or a file's name, made fit for a terminal and a sentence: control
/// characters become
/// "?", what is not UTF-8 too, and after `most` bytes an ellipsis follows.
std::string printable(std::string_view text, std::size_t most = 120);

/// "a, b, c and 5 more"
std::string listNames(const std::vector<std::string>& names, std::size_t most = 8);

}  // namespace dinoscope
