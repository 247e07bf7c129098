#pragma once

#include <filesystem>
#include <string>

#include "engine/base/job.h"

namespace dinoscope {

/// Downloads `address` (http or https) to `file` through libcurl. What came lies in "<file>.part" until it is
/// whole, and a later call goes on from there, if the server says that the file is still the same; `sha256`
/// (all 64 digits or the first of them, empty for none) is checked before the file gets its name. Progress in
/// MB; stops within a second of a cancel. Throws Error, in one line, where there is no network, no such file,
/// no space, where the transfer was cut (what came is kept) and where the hash is another (what came is
/// removed).
void fetchFile(const std::string& address, const std::filesystem::path& file, const std::string& sha256,
               JobControl& control);

}  // namespace dinoscope
