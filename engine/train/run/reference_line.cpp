#include "engine/train/run/reference_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include "engine/base/error.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

using Words = std::vector<std::string>;

constexpr const char* kLauncher = "--processes, torchrun --no-python or srun start processes here";

/// main_dino.py's own flags for its launcher, and those of run_with_submitit.py.
constexpr std::array<std::string_view, 12> kLauncherFlags{
    "dist-url", "local-rank", "rank",    "world-size", "dist-backend", "gpu",
    "ngpus",    "nodes",      "timeout", "partition",  "use-volta32",  "comment"};

std::string withDashes(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', '-');
    return text;
}

/// "--key_a=x" -> {"key-a", "=x"}; nothing for a word that is no long option.
struct LongOption {
    std::string key;
    std::optional<std::string> value;
};

std::optional<LongOption> asLongOption(const std::string& word) {
    if (word.size() < 3 || !word.starts_with("--")) return std::nullopt;
    const std::size_t equals = word.find('=');
    LongOption option{withDashes(std::string_view(word).substr(2, equals == word.npos ? equals : equals - 2)),
                      std::nullopt};
    if (equals != word.npos) option.value = word.substr(equals + 1);
    return option;
}

bool isFlagWord(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text == "true" || text == "false" || text == "1" || text == "0" || text == "on" || text == "off";
}

/// Numbers may be negative; everything else with a dash in front is an option.
bool isValue(const std::string& word) {
    return !word.starts_with('-') || word == "-" ||
           (word.size() > 1 && (std::isdigit(static_cast<unsigned char>(word[1])) || word[1] == '.'));
}

std::size_t endOfLauncher(const Words& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t slash = words[i].rfind('/');
        const std::string name = slash == words[i].npos ? words[i] : words[i].substr(slash + 1);
        if (name == "main_dino.py" || name == "run_with_submitit.py") return i + 1;
    }
    return 0;
}

bool isSettingOfTheEnvironment(const std::string& word) {
    const std::size_t equals = word.find('=');
    return equals != word.npos && equals > 0 && !word.starts_with('-');
}

/// How many processes a launcher was asked for, on as many devices.
class Processes {
public:
    /// "--nproc_per_node=8", "--nodes 2"
    void read(std::string word) {
        std::replace(word.begin(), word.end(), ' ', '=');
        const auto option = asLongOption(word);
        if (!option || !option->value) return;
        std::int64_t number = 0;
        const char* end = option->value->data() + option->value->size();
        const auto [stop, code] = std::from_chars(option->value->data(), end, number);
        if (code != std::errc() || stop != end || number < 1 || number > kMost) return;
        if (option->key == "nproc-per-node" || option->key == "ngpus") perNode_ = number;
        if (option->key == "nnodes" || option->key == "nodes") nodes_ = number;
    }
    std::int64_t count() const { return nodes_ * perNode_; }

private:
    static constexpr std::int64_t kMost = 4096;
    std::int64_t nodes_ = 1;
    std::int64_t perNode_ = 1;
};

/// Each process has a batch of its own in the reference, so that a step is of them all.
void adviseAccumulation(const Processes& processes, ReferenceLine& line) {
    const bool isGiven =
        std::any_of(line.arguments.begin(), line.arguments.end(), [](const std::string& word) {
            return word.starts_with("--accumulate") || word.starts_with("--processes");
        });
    if (processes.count() < 2 || isGiven) return;
    const std::string count = std::to_string(processes.count());
    line.notes.push_back("a step of " + count + " processes is of " + count + " batches: --accumulate " +
                         count + " makes it so on one device, --processes " + count +
                         " on as many of one machine");
}

void ignoreLauncher(const Words& words, std::size_t end, ReferenceLine& line) {
    for (std::size_t i = 0; i + 1 < end; ++i) {
        if (!words[i].starts_with('-')) {
            if (isSettingOfTheEnvironment(words[i]))
                line.ignored.push_back({words[i], "set it in the shell"});
            continue;
        }
        if (words[i] == "-m") continue;
        std::string word = words[i];
        const bool takesNext = word.find('=') == word.npos && i + 2 < end && isValue(words[i + 1]);
        if (takesNext) word += " " + words[++i];
        line.ignored.push_back({word, kLauncher});
    }
}

}  // namespace

ReferenceLine readReferenceLine(const Words& words) {
    ReferenceLine line;
    const std::size_t start = endOfLauncher(words);
    ignoreLauncher(words, start, line);
    for (std::size_t i = start; i < words.size(); ++i) {
        const auto option = asLongOption(words[i]);
        const bool hasNext = i + 1 < words.size();
        if (!option) {
            line.arguments.push_back(words[i]);
            continue;
        }
        if (std::find(kLauncherFlags.begin(), kLauncherFlags.end(), option->key) != kLauncherFlags.end()) {
            std::string word = words[i];
            if (!option->value && hasNext && isValue(words[i + 1])) word += " " + words[++i];
            line.ignored.push_back({word, kLauncher});
            continue;
        }
        const OptionSpec* spec = trainOptions().find(option->key);
        std::optional<std::string> value = option->value;
        const bool joins = spec && !value && hasNext &&
                           (spec->type == OptionType::Flag ? isFlagWord(words[i + 1]) : spec->key == "arch");
        if (joins) value = words[++i];
        if (spec && spec->key == "arch" && value && value->starts_with("deit_")) {
            line.notes.push_back(*value + " is taken as vit_" + value->substr(5));
            value = "vit_" + value->substr(5);
        }
        line.arguments.push_back(value ? "--" + option->key + "=" + *value : words[i]);
    }
    Processes processes;
    for (const IgnoredWord& ignored : line.ignored)
        processes.read(ignored.word);
    adviseAccumulation(processes, line);
    return line;
}

}  // namespace dinoscope
