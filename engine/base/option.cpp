#include "engine/base/option.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

std::string withDashes(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', '-');
    return text;
}

/// Shortest text that reads back as the same number, whole ones without exponent.
std::string formatReal(double value) {
    constexpr double kExactlyWhole = 9'007'199'254'740'992;  // 2^53
    char buffer[32];
    const bool isWhole = std::abs(value) <= kExactlyWhole && value == std::trunc(value);
    const auto end = isWhole ? std::to_chars(buffer, std::end(buffer), value, std::chars_format::fixed).ptr
                             : std::to_chars(buffer, std::end(buffer), value, std::chars_format::general).ptr;
    return {buffer, end};
}

[[noreturn]] void refuse(const OptionSpec& spec, std::string_view text) {
    const std::string range = describeRange(spec);
    static const std::map<OptionType, std::string> kKinds{
        {OptionType::Flag, "true or false"},   {OptionType::Integer, "a whole number"},
        {OptionType::Real, "a number"},        {OptionType::Text, "a text"},
        {OptionType::Path, "a path"},          {OptionType::Choice, ""},
        {OptionType::RealPair, "two numbers"}, {OptionType::Paths, "paths, one a line"}};
    std::string remedy = "give " + kKinds.at(spec.type);
    if (!range.empty()) remedy += (kKinds.at(spec.type).empty() ? "" : " ") + range;
    throw UsageError("'" + std::string(text) + "' is not allowed", "--" + spec.key, remedy);
}

template <typename Number>
std::optional<Number> parseNumber(std::string_view text) {
    Number number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<bool> parseFlag(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (lower == "true" || lower == "1" || lower == "on" || lower == "yes") return true;
    if (lower == "false" || lower == "0" || lower == "off" || lower == "no") return false;
    return std::nullopt;
}

bool inRange(const OptionSpec& spec, double value) {
    return std::isfinite(value) && (!spec.minimum || value >= *spec.minimum) &&
           (!spec.maximum || value <= *spec.maximum);
}

/// "0.4 1", "0.4,1" and "0.4, 1".
std::optional<RealPair> parsePair(const OptionSpec& spec, std::string_view text) {
    const std::size_t firstEnd = std::min(text.find_first_of(", "), text.size());
    const std::size_t secondStart = std::min(text.find_first_not_of(' ', firstEnd), text.size());
    std::string_view rest = text.substr(secondStart);
    if (rest.starts_with(',')) {
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    const auto first = parseNumber<double>(text.substr(0, firstEnd));
    const auto second = parseNumber<double>(rest);
    if (!first || !second || !inRange(spec, *first) || !inRange(spec, *second)) return std::nullopt;
    return RealPair{*first, *second};
}

/// The reference's flags take true and false where a choice here has more than the two.
std::optional<std::string> yesOrNo(const OptionSpec& spec, std::string_view text) {
    const auto flag = parseFlag(text);
    const std::string word = flag && *flag ? "yes" : "no";
    if (!flag || std::find(spec.choices.begin(), spec.choices.end(), word) == spec.choices.end())
        return std::nullopt;
    return word;
}

std::vector<std::string> parsePaths(std::string_view text) {
    std::vector<std::string> paths;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) paths.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return paths;
}

}  // namespace

OptionSchema::OptionSchema(std::initializer_list<OptionSpec> specs) {
    for (const OptionSpec& spec : specs)
        add(spec);
}

OptionSchema::OptionSchema(const OptionSchema& first, const OptionSchema& second) : specs_(first.specs_) {
    for (const OptionSpec& spec : second.specs_)
        add(spec);
}

void OptionSchema::add(OptionSpec spec) {
    std::vector<std::string> names = spec.aliases;
    names.push_back(spec.key);
    std::set<std::string> own;
    for (const std::string& name : names) {
        if (find(name) || !own.insert(name).second) throw Error("this option is declared twice", "--" + name);
    }
    for (const OptionSpec& other : specs_) {
        if (spec.shortName && spec.shortName == other.shortName) {
            throw Error("this letter is declared twice", std::string("-") + spec.shortName);
        }
    }
    const OptionValue parsed = parseOptionValue(spec, formatOptionValue(spec.defaultValue));
    if (parsed != spec.defaultValue) {
        throw Error("its default is not of the option's type", "--" + spec.key);
    }
    specs_.push_back(std::move(spec));
}

const OptionSpec* OptionSchema::find(std::string_view name) const {
    const std::string wanted = withDashes(name);
    const auto matches = [&wanted](const OptionSpec& spec) {
        return spec.key == wanted ||
               std::find(spec.aliases.begin(), spec.aliases.end(), wanted) != spec.aliases.end();
    };
    const auto found = std::find_if(specs_.begin(), specs_.end(), matches);
    return found == specs_.end() ? nullptr : &*found;
}

OptionValue parseOptionValue(const OptionSpec& spec, std::string_view text) {
    switch (spec.type) {
        case OptionType::Flag:
            if (const auto flag = parseFlag(text)) return *flag;
            break;
        case OptionType::Integer:
            if (const auto number = parseNumber<std::int64_t>(text);
                number && inRange(spec, double(*number))) {
                return *number;
            }
            break;
        case OptionType::Real:
            if (const auto number = parseNumber<double>(text); number && inRange(spec, *number))
                return *number;
            break;
        case OptionType::Text:
        case OptionType::Path:
            return std::string(text);
        case OptionType::Choice:
            if (std::find(spec.choices.begin(), spec.choices.end(), text) != spec.choices.end()) {
                return std::string(text);
            }
            if (const auto word = yesOrNo(spec, text)) return *word;
            break;
        case OptionType::RealPair:
            if (const auto pair = parsePair(spec, text)) return *pair;
            break;
        case OptionType::Paths:
            return parsePaths(text);
    }
    refuse(spec, text);
}

std::string formatOptionValue(const OptionValue& value) {
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const double* number = std::get_if<double>(&value)) return formatReal(*number);
    if (const auto* pair = std::get_if<RealPair>(&value)) {
        return formatReal(pair->first) + " " + formatReal(pair->second);
    }
    if (const auto* paths = std::get_if<std::vector<std::string>>(&value)) {
        std::string text;
        for (const std::string& path : *paths)
            text += (text.empty() ? "" : "\n") + path;
        return text;
    }
    return std::get<std::string>(value);
}

std::string describeRange(const OptionSpec& spec) {
    if (spec.type == OptionType::Choice) {
        std::string text;
        for (std::size_t i = 0; i < spec.choices.size(); ++i) {
            if (i > 0) text += i + 1 == spec.choices.size() ? " or " : ", ";
            text += spec.choices[i];
        }
        return text;
    }
    if (spec.minimum && spec.maximum) {
        return "between " + formatReal(*spec.minimum) + " and " + formatReal(*spec.maximum);
    }
    if (spec.minimum) return "of at least " + formatReal(*spec.minimum);
    if (spec.maximum) return "of at most " + formatReal(*spec.maximum);
    return {};
}

const OptionSpec& OptionValues::require(std::string_view name) const {
    const OptionSpec* spec = schema_->find(name);
    if (!spec) throw UsageError("there is no such option", "--" + std::string(name), "see --help");
    return *spec;
}

void OptionValues::set(std::string_view name, std::string_view text) {
    const OptionSpec& spec = require(name);
    values_.insert_or_assign(spec.key, parseOptionValue(spec, text));
}

void OptionValues::set(std::string_view name, const OptionValue& value) {
    set(name, std::string_view(formatOptionValue(value)));
}

void OptionValues::reset(std::string_view name) {
    values_.erase(require(name).key);
}

bool OptionValues::isSet(std::string_view name) const {
    return values_.contains(require(name).key);
}

bool OptionValues::isDefault(std::string_view name) const {
    return value(name) == require(name).defaultValue;
}

const OptionValue& OptionValues::value(std::string_view name) const {
    const OptionSpec& spec = require(name);
    const auto found = values_.find(spec.key);
    return found == values_.end() ? spec.defaultValue : found->second;
}

}  // namespace dinoscope
