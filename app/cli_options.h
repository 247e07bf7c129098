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

/// What the reference takes as several words, as the one that an option here reads: "attend --image_size 480
/// 480" becomes "480x480" (a second number that is an image or a folder stays one), "knn --nb_knn 10 20"
/// becomes "10,20". Only under the reference's names.
std::vector<std::string> joinReferenceWords(std::vector<std::string> arguments);

/// Parses like CLI11 does, but a failure is a UsageError in one line, and a word in brackets is a name as
/// others are. Returns false if help or the version was asked for and printed.
bool parseArguments(CLI::App& program, std::vector<std::string> arguments);

}  // namespace dinoscope::app
