#include "app/cli_options.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

namespace dinoscope::app {

namespace {

std::string withUnderscores(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

void addName(std::string& names, const std::string& name) {
    if (!names.empty()) names += ',';
    names += "--" + name;
    if (name.find('-') != std::string::npos) names += ",--" + withUnderscores(name);
}

std::string namesOf(const OptionSpec& spec) {
    std::string names;
    if (spec.shortName) names = std::string("-") + spec.shortName;
    addName(names, spec.key);
    for (const std::string& alias : spec.aliases)
        addName(names, alias);
    return names;
}

std::string placeholder(const OptionSpec& spec) {
    switch (spec.type) {
        case OptionType::Integer:
            return "N";
        case OptionType::Real:
            return "X";
        case OptionType::Path:
            return "PATH";
        case OptionType::RealPair:
            return "LO HI";
        case OptionType::Paths:
            return "PATH...";
        default:
            return "VALUE";
    }
}

std::string helpOf(const OptionSpec& spec) {
    std::string help = spec.help;
    std::string range = describeRange(spec);
    if (range.starts_with("of ")) range.erase(0, 3);  // it reads on from "a number"
    std::string detail = spec.type == OptionType::Flag ? "" : range;
    if (spec.defaultValue == OptionValue(true)) detail = "on; --no-" + spec.key + " switches it off";
    const std::string standard =
        spec.defaultText.empty() ? formatOptionValue(spec.defaultValue) : spec.defaultText;
    if (spec.type != OptionType::Flag && !standard.empty()) {
        detail += (detail.empty() ? "" : "; ") + std::string("default ") + standard;
    }
    if (!spec.unit.empty() && !detail.empty()) detail += " " + spec.unit;
    return detail.empty() ? help : help + " (" + detail + ")";
}

bool isWholeNumber(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// Names one form of each option in --help: the one with dashes that says yes.
class ShortNames : public CLI::Formatter {
public:
    std::string make_option_name(const CLI::Option* option, bool isPositional) const override {
        const std::string names = CLI::Formatter::make_option_name(option, isPositional);
        std::string kept;
        for (std::size_t start = 0; start <= names.size();) {
            const std::size_t end = std::min(names.find(',', start), names.size());
            const std::string one = names.substr(start, end - start);
            const bool isOther = one.find('_') != std::string::npos || one.find('{') != std::string::npos;
            if (!isOther) kept += (kept.empty() ? "" : ",") + one;
            start = end + 1;
        }
        return kept.empty() ? names : kept;
    }
};

/// CLI11 takes "[a,b]" for a list of two, and "[a]" for "a", where several words are allowed: names of
/// folders look so.
void keepBrackets(std::vector<std::string>& arguments) {
    for (std::string& word : arguments) {
        const std::size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
        const std::size_t start = equals == word.npos ? 0 : equals + 1;
        const bool isInBrackets = start < word.size() && word[start] == '[' && word.back() == ']';
        const bool isList = word.find_first_not_of("0123456789,[]", start) == word.npos;  // "[0,1]"
        if (isInBrackets && !isList) word.insert(start, "./");
    }
}

/// CLI11 lists what is left over last word first.
UsageError unexpected(const CLI::App& program) {
    const std::vector<std::string> words = program.remaining(true);
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return UsageError("not expected here: " + text, {}, "see --help");
}

/// CLI11's sentences, without its line breaks and with the remedy that all our errors have.
UsageError toUsageError(const CLI::ParseError& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return UsageError(text, {}, "see --help");
}

/// Two numbers as two words, as the reference takes them, or as one: "0.4,1".
CLI::Option* bindPair(CLI::App& parser, const OptionSpec& spec, OptionValues& values) {
    const auto set = [&values, key = spec.key](const std::vector<std::string>& words) {
        std::string text;
        for (const std::string& word : words)
            text += (text.empty() ? "" : " ") + word;
        values.set(key, std::string_view(text));
    };
    CLI::Option* option =
        parser.add_option_function<std::vector<std::string>>(namesOf(spec), set, helpOf(spec));
    option->expected(1, 2);
    option->trigger_on_parse();  // given again, its words begin anew, so that the last pair holds
    option->type_name(placeholder(spec));
    return option;
}

/// A flag's text is read as any option's is. CLI11 would take it for a count.
CLI::Option* bindFlag(CLI::App& parser, const OptionSpec& spec, OptionValues& values) {
    const std::string help = helpOf(spec);
    const auto set = [&values, key = spec.key](const std::string& text) {
        values.set(key, std::string_view(text));
    };
    return parser.add_flag(namesOf(spec) + ",!--no-" + spec.key, help)->each(set);
}

}  // namespace

void bindOptions(CLI::App& parser, const OptionSchema& schema, OptionValues& values) {
    parser.formatter(std::make_shared<ShortNames>());
    for (const OptionSpec& spec : schema.specs()) {
        CLI::Option* option = nullptr;
        if (spec.type == OptionType::Flag) {
            option = bindFlag(parser, spec, values);
        } else if (spec.type == OptionType::RealPair) {
            option = bindPair(parser, spec, values);
        } else if (spec.type == OptionType::Paths) {
            const auto set = [&values, key = spec.key](const std::vector<std::string>& paths) {
                values.set(key, OptionValue(paths));
            };
            option = parser.add_option_function<std::vector<std::string>>(namesOf(spec), set, helpOf(spec));
            option->type_name(placeholder(spec));
        } else {
            const auto set = [&values, key = spec.key](const std::string& text) {
                values.set(key, std::string_view(text));
            };
            option = parser.add_option_function<std::string>(namesOf(spec), set, helpOf(spec));
            option->type_name(placeholder(spec));
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // as argparse does
        }
        if (spec.level == OptionLevel::Expert) option->group("Expert options");
    }
}

std::vector<std::string> joinReferenceWords(std::vector<std::string> arguments) {
    if (arguments.empty()) return arguments;
    const auto isOne = [&](std::size_t i, std::initializer_list<const char*> names) {
        return std::find(names.begin(), names.end(), arguments[i]) != names.end();
    };
    const auto join = [&](std::size_t i, const std::string& joined) {
        arguments[i] = joined;
        arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    };
    std::error_code ignored;
    for (std::size_t i = 1; i + 2 < arguments.size(); ++i) {
        const auto follows = [&] { return i + 2 < arguments.size() && isWholeNumber(arguments[i + 2]); };
        if (!isWholeNumber(arguments[i + 1]) || !follows()) continue;
        if ((arguments[0] == "attend" || arguments[0] == "video") &&
            isOne(i, {"--image-size", "--image_size", "--resize"})) {
            // The reference gives height before width.
            if (!std::filesystem::exists(arguments[i + 2], ignored))
                join(i + 1, arguments[i + 2] + "x" + arguments[i + 1]);
        } else if (arguments[0] == "knn" && isOne(i, {"--nb-knn", "--nb_knn"})) {
            while (follows())
                join(i + 1, arguments[i + 1] + "," + arguments[i + 2]);
        }
    }
    return arguments;
}

bool parseArguments(CLI::App& program, std::vector<std::string> arguments) {
    keepBrackets(arguments);
    // CLI11 takes them last first.
    std::reverse(arguments.begin(), arguments.end());
    try {
        program.parse(std::move(arguments));
    } catch (const CLI::Success& asked) {
        program.exit(asked, std::cout, std::cerr);
        return false;
    } catch (const CLI::ExtrasError&) {
        throw unexpected(program);
    } catch (const CLI::ParseError& error) {
        throw toUsageError(error);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        // Of the standard library, which CLI11 reads numbers with.
        throw UsageError("a value cannot be read (" + std::string(error.what()) + ")", {}, "see --help");
    }
    return true;
}

}  // namespace dinoscope::app
