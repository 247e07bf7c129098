#pragma once

#include "engine/base/option.h"

namespace dinoscope {

// The parts that trainOptions() is made of. Those with a counterpart in main_dino.py have its name and its
// default (facebookresearch/dino, get_args_parser).

const OptionSchema& modelTrainOptions();      ///< the networks and their heads
const OptionSchema& lossTrainOptions();       ///< teacher, targets and loss
const OptionSchema& optimizerTrainOptions();  ///< batch, schedules, optimizer
const OptionSchema& cropTrainOptions();       ///< multi-crop
const OptionSchema& runTrainOptions();        ///< data, run directory, saving, probes, memory

/// Shorthands for records; `Range` limits are inclusive.
struct Range {
    std::optional<double> minimum{};
    std::optional<double> maximum{};
};

inline OptionSpec numberOption(std::string key, double standard, Range range, std::string label,
                               std::string help, std::string unit = {},
                               OptionLevel level = OptionLevel::Basic) {
    return {.key = std::move(key),
            .type = OptionType::Real,
            .defaultValue = standard,
            .minimum = range.minimum,
            .maximum = range.maximum,
            .unit = std::move(unit),
            .label = std::move(label),
            .help = std::move(help),
            .level = level};
}

inline OptionSpec countOption(std::string key, std::int64_t standard, Range range, std::string label,
                              std::string help, std::string unit = {},
                              OptionLevel level = OptionLevel::Basic) {
    return {.key = std::move(key),
            .type = OptionType::Integer,
            .defaultValue = standard,
            .minimum = range.minimum,
            .maximum = range.maximum,
            .unit = std::move(unit),
            .label = std::move(label),
            .help = std::move(help),
            .level = level};
}

inline OptionSpec flagOption(std::string key, bool standard, std::string label, std::string help,
                             OptionLevel level = OptionLevel::Basic) {
    return {.key = std::move(key),
            .type = OptionType::Flag,
            .defaultValue = standard,
            .label = std::move(label),
            .help = std::move(help),
            .level = level};
}

inline OptionSpec choiceOption(std::string key, std::vector<std::string> choices, std::string label,
                               std::string help, OptionLevel level = OptionLevel::Basic) {
    std::string standard = choices.front();
    return {.key = std::move(key),
            .type = OptionType::Choice,
            .defaultValue = std::move(standard),
            .choices = std::move(choices),
            .label = std::move(label),
            .help = std::move(help),
            .level = level};
}

inline OptionSpec pathOption(std::string key, std::string label, std::string help,
                             std::vector<std::string> aliases = {}, char shortName = 0) {
    return {.key = std::move(key),
            .type = OptionType::Path,
            .defaultValue = std::string(),
            .label = std::move(label),
            .help = std::move(help),
            .shortName = shortName,
            .aliases = std::move(aliases)};
}

inline OptionSpec withAliases(OptionSpec spec, std::vector<std::string> aliases) {
    spec.aliases = std::move(aliases);
    return spec;
}

}  // namespace dinoscope
