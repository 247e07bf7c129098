#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/api/core.h"

namespace dinoscope::app {

/// Adds every option of `schema` to `parser`, with its aliases, in dashes and underscores; what is given
/// lands in `values`, which must outlive the parsing. Flags take "--no-KEY" too; of an option given twice the
/// last value holds. Basic options are listed before the expert ones in --help.
void bindOptions(CLI::App& parser, const OptionSchema& schema, OptionValues& values);

/// The reference's "--image_size 480 480" as "--image_size 480x480", which one option with one value can
/// read.
std::vector<std::string> joinSizes(std::vector<std::string> arguments);

/// Parses like CLI11 does, but a failure is a UsageError in one line. Returns false if help or the version
/// was asked for and printed.
bool parseArguments(CLI::App& program, std::vector<std::string> arguments);

}  // namespace dinoscope::app
