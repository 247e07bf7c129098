#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dinoscope {

/// Two numbers that belong together: the least and the greatest scale of a crop.
struct RealPair {
    double first = 0;
    double second = 0;
    bool operator==(const RealPair&) const = default;
};

/// A value of an option. Which alternative it holds is told by the option's type.
using OptionValue = std::variant<bool, std::int64_t, double, std::string, RealPair, std::vector<std::string>>;

enum class OptionType {
    Flag,     ///< bool; also given as "--no-KEY" or with a value true/false/1/0
    Integer,  ///< std::int64_t
    Real,     ///< double
    Text,     ///< std::string
    Path,     ///< std::string, a file or folder
    Choice,  ///< std::string, one of `choices`; where these are yes and no, true and false are taken for them
    RealPair,  ///< RealPair; its text is "0.4 1" or "0.4,1"
    Paths      ///< std::vector<std::string>; its text has a path a line
};

enum class OptionLevel { Basic, Expert };

/// Everything that is to be said about one option, said once: command-line flags, configuration files, forms,
/// validation, the memory planner and a checkpoint's metadata all read this record.
struct OptionSpec {
    std::string key;  ///< kebab case: "teacher-temp"
    OptionType type = OptionType::Text;
    OptionValue defaultValue = std::string();
    std::optional<double> minimum{};  ///< inclusive, of Integer, Real and both of a RealPair
    std::optional<double> maximum{};
    std::vector<std::string> choices{};
    std::string unit{};   ///< "px", "epochs"
    std::string label{};  ///< of a form's row: "Teacher temperature"
    std::string help{};   ///< one sentence without full stop
    OptionLevel level = OptionLevel::Basic;
    char shortName = 0;                  ///< 'w' for -w, 0 for none
    std::vector<std::string> aliases{};  ///< other accepted names in kebab case, the reference's above all
    std::string defaultText{};           ///< for --help, where more than this record decides: "as last time"
};

/// A fixed, ordered set of options.
class OptionSchema {
public:
    /// Throws Error for a name or letter declared twice and for a default that the option would refuse.
    OptionSchema(std::initializer_list<OptionSpec> specs);
    OptionSchema(const OptionSchema& first, const OptionSchema& second);

    const std::vector<OptionSpec>& specs() const { return specs_; }
    /// By key or alias, with dashes or underscores; null where there is none.
    const OptionSpec* find(std::string_view name) const;

private:
    void add(OptionSpec spec);
    std::vector<OptionSpec> specs_;
};

/// Reads `text` as a value of `spec` and checks range and choices.
/// Throws UsageError that names the option, what is allowed and the value.
OptionValue parseOptionValue(const OptionSpec& spec, std::string_view text);

/// The text that parseOptionValue() reads back as the same value.
std::string formatOptionValue(const OptionValue& value);

/// "between 0 and 1", for help texts and errors. Empty where anything goes.
std::string describeRange(const OptionSpec& spec);

/// Values for a schema's options. What was not set has its default.
class OptionValues {
public:
    /// Keeps a reference: the schema must outlive its values.
    explicit OptionValues(const OptionSchema& schema) : schema_(&schema) {}

    const OptionSchema& schema() const { return *schema_; }

    /// Throws UsageError for an unknown name or a bad value.
    void set(std::string_view name, std::string_view text);
    void set(std::string_view name, const OptionValue& value);
    void reset(std::string_view name);

    bool isSet(std::string_view name) const;
    bool isDefault(std::string_view name) const;

    const OptionValue& value(std::string_view name) const;
    bool flag(std::string_view name) const { return std::get<bool>(value(name)); }
    std::int64_t integer(std::string_view name) const { return std::get<std::int64_t>(value(name)); }
    double real(std::string_view name) const { return std::get<double>(value(name)); }
    const std::string& text(std::string_view name) const { return std::get<std::string>(value(name)); }
    const RealPair& pair(std::string_view name) const { return std::get<RealPair>(value(name)); }
    const std::vector<std::string>& paths(std::string_view name) const {
        return std::get<std::vector<std::string>>(value(name));
    }

private:
    const OptionSpec& require(std::string_view name) const;

    const OptionSchema* schema_;
    std::map<std::string, OptionValue, std::less<>> values_;
};

}  // namespace dinoscope
