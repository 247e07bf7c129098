#pragma once

#include <string_view>

namespace dinoscope {

/// models/catalogue/catalogue.json, which the build puts into the program.
std::string_view catalogueText();

}  // namespace dinoscope
