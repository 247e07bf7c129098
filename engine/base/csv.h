#pragma once

#include <string>

namespace dinoscope {

/// A field of a table of comma-separated values, in quotation marks where RFC 4180 wants them.
std::string csvField(const std::string& text);

}  // namespace dinoscope
