#pragma once

#include <filesystem>
#include <string>

/// The program's log. Plain functions, because no file may see both spdlog's fmt and LibTorch's: log.cpp
/// alone includes spdlog. Before start() everything goes nowhere.
namespace dinoscope::log {

enum class Level { Debug, Info, Warn, Error };

/// Writes to `file` (rotating, 3 files of 2 MB) and to stderr from `console` upwards. An unwritable log file
/// is reported on stderr and does not stop the program.
void start(const std::filesystem::path& file, Level console);

/// $XDG_STATE_HOME/dinoscope/dinoscope.log, by default ~/.local/state/dinoscope/dinoscope.log.
std::filesystem::path defaultFile();

void debug(const std::string& text);
void info(const std::string& text);
void warn(const std::string& text);
void error(const std::string& text);

}  // namespace dinoscope::log
