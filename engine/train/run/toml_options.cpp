#include "engine/train/run/toml_options.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostTomlBytes = std::size_t{1} << 20;
/// toml++ calls itself for every part of a dotted key; a stack of 8 MB holds some 20,000.
constexpr std::ptrdiff_t kMostDots = 10'000;

std::string tomlReal(double value) {
    std::string text = formatOptionValue(value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

/// Of a whole number too, for which toml++ has no double beyond 2^53.
std::optional<double> realOf(const toml::node& node) {
    if (const auto whole = node.value_exact<std::int64_t>()) return static_cast<double>(*whole);
    return node.value_exact<double>();
}

/// The text that parseOptionValue() takes for the same value; nothing where toml's type does not fit.
std::optional<std::string> textOf(const OptionSpec& spec, const toml::node& node) {
    switch (spec.type) {
        case OptionType::Flag:
            if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
            break;
        case OptionType::Integer:
            if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
            break;
        case OptionType::Real:
            if (const auto number = realOf(node)) return formatOptionValue(*number);
            break;
        case OptionType::RealPair:
            if (const toml::array* pair = node.as_array(); pair && pair->size() == 2) {
                const auto first = realOf((*pair)[0]);
                const auto second = realOf((*pair)[1]);
                if (first && second) return formatOptionValue(RealPair{*first, *second});
            }
            break;
        case OptionType::Paths:
            if (const toml::array* list = node.as_array()) {
                std::string text;
                for (const toml::node& item : *list) {
                    if (!item.is_string()) return std::nullopt;
                    text += *item.value_exact<std::string>() + '\n';
                }
                return text;
            }
            break;
        case OptionType::Text:
        case OptionType::Path:
        case OptionType::Choice:
            return node.value_exact<std::string>();
    }
    return std::nullopt;
}

/// Not by an example: a value that is copied from an error would be another run's.
std::string shapeOf(const OptionSpec& spec) {
    switch (spec.type) {
        case OptionType::Flag:
            return "true or false, without quotes";
        case OptionType::Integer:
            return "a whole number, without quotes";
        case OptionType::Real:
            return "a number, without quotes";
        case OptionType::RealPair:
            return "two numbers in brackets, as in [0.1, 0.9]";
        case OptionType::Paths:
            return "a list of quoted paths in brackets, as in [\"a.jpg\"]";
        case OptionType::Text:
        case OptionType::Path:
        case OptionType::Choice:
            break;
    }
    return "a text in quotes";
}

}  // namespace

toml::table readToml(const std::filesystem::path& file, const std::string& remedy) {
    const MappedFile mapped(file);
    const std::span<const std::byte> bytes = mapped.bytes();
    if (bytes.size() > kMostTomlBytes)
        throw Error("this is too large for a settings file", file.string(), remedy);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (std::ranges::count(text, '.') > kMostDots)
        throw Error("this has too many dots for a settings file", file.string(), remedy);
    try {
        return toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
        throw Error("line " + std::to_string(error.source().begin.line) + " cannot be read (" +
                        std::string(error.description()) + ")",
                    file.string(), remedy);
    }
}

void setFromToml(OptionValues& values, std::string_view key, const toml::node& node,
                 const std::string& where) {
    const OptionSpec* spec = values.schema().find(key);
    if (!spec) throw Error("there is no option '" + std::string(key) + "'", where, "see dino train --help");
    const std::optional<std::string> text = textOf(*spec, node);
    if (!text) {
        throw Error("'" + std::string(key) + "' is not written as this option's values are", where,
                    "write " + shapeOf(*spec));
    }
    try {
        values.set(key, std::string_view(*text));
    } catch (const UsageError& error) {
        throw Error(error.where().substr(2) + ": " + error.problem(), where, error.remedy());
    }
}

std::string tomlQuoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            quoted += '\\';
            quoted += letter;
        } else if (code < 0x20 || code == 0x7F) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(code));
            quoted += escape;
        } else {
            quoted += letter;
        }
    }
    return quoted + '"';
}

std::string tomlValue(const OptionValue& value) {
    if (const double* number = std::get_if<double>(&value)) return tomlReal(*number);
    if (const std::string* text = std::get_if<std::string>(&value)) return tomlQuoted(*text);
    if (const RealPair* pair = std::get_if<RealPair>(&value)) {
        return "[" + tomlReal(pair->first) + ", " + tomlReal(pair->second) + "]";
    }
    if (const auto* paths = std::get_if<std::vector<std::string>>(&value)) {
        std::string list;
        for (const std::string& path : *paths)
            list += (list.empty() ? "" : ", ") + tomlQuoted(path);
        return "[" + list + "]";
    }
    return formatOptionValue(value);
}

}  // namespace dinoscope
