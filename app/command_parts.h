#pragma once

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli_options.h"
#include "app/command.h"

namespace dinoscope::app {

/// A command whose words are an `Arguments`, which has `options` (of `schema`) and `json`: adds --json and
/// the options to its parser, and runs `run` on what was read.
template <typename Arguments, typename Run>
Command makeCommand(CLI::App& parser, const OptionSchema& schema, std::shared_ptr<Arguments> arguments,
                    Run run) {
    parser.add_flag("--json", arguments->json, "one JSON document on stdout");
    bindOptions(parser, schema, arguments->options);
    return {&parser, [arguments, run](JobControl& control) { return run(*arguments, control); },
            &arguments->json};
}

/// A path as people read it: one that would steer the terminal does not.
inline std::string shown(const std::filesystem::path& path) {
    const std::string text = path.string();
    return printable(text, text.size());
}

/// Writes a report to stdout: its JSON document, or what `print` makes of it for people.
template <typename Report, typename Print>
void writeReport(const Report& report, bool json, const Print& print) {
    if (json) {
        std::cout << toJson(report) << '\n';
    } else {
        print(report);
    }
}

}  // namespace dinoscope::app
