#include "engine/weights/model_config.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/mapped_file.h"
#include "engine/base/printable.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 1 << 20;
constexpr int kMostHeads = 1'024;
constexpr const char* kProducer = "dinoscope";

constexpr std::array<std::pair<PositionRule, const char*>, 4> kRules{
    {{PositionRule::Offset, "offset"},
     {PositionRule::Bicubic, "bicubic"},
     {PositionRule::Antialiased, "antialiased"},
     {PositionRule::Rotary, "rotary"}}};

/// The least and the greatest that a norm's epsilon can reasonably be.
bool isEpsilon(double value) {
    return value > 0 && value < 0.1;
}

nlohmann::json parseConfig(const fs::path& path) {
    if (fs::file_size(path) > kMostBytes) {
        throw Error("this file is too large for a model's configuration", path.string(), "remove it");
    }
    const MappedFile file(path);
    const auto* text = reinterpret_cast<const char*>(file.bytes().data());
    // What lies deep is of no use here, and would be taken apart by recursion.
    const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth < 8; };
    nlohmann::json document = nlohmann::json::parse(text, text + file.bytes().size(), shallow, false);
    if (!document.is_object()) {
        throw Error("this file, which belongs to the weights beside it, is damaged", path.string(),
                    "download it again, or move the weights away from it");
    }
    return document;
}

template <typename Number>
std::optional<Number> numberOf(const nlohmann::json& document, const char* key) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_number()) return std::nullopt;
    return found->get<Number>();
}

std::optional<fs::path> configOf(const Checkpoint& checkpoint, const Family& family) {
    if (!family.hasConfig || checkpoint.files().empty()) return std::nullopt;
    fs::path path = fs::path(checkpoint.name()).parent_path() / "config.json";
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) return std::nullopt;
    return path;
}

void requireActivation(const nlohmann::json& document, const fs::path& path) {
    const auto found = document.find("hidden_act");
    if (found == document.end() || !found->is_string()) return;
    const auto gated = document.find("use_gated_mlp");
    const bool silu = gated != document.end() && gated->is_boolean() && gated->get<bool>();
    const std::string activation = found->get<std::string>();
    if (activation == (silu ? "silu" : "gelu")) return;
    throw Error("its networks use " + printable(activation) + ", which is not computed here", path.string(),
                silu ? "choose a model with silu" : "choose a model with gelu");
}

}  // namespace

void readModelConfig(const Checkpoint& checkpoint, const Family& family, VitTraits& traits, int& heads) {
    const auto path = configOf(checkpoint, family);
    if (!path) return;
    const nlohmann::json document = parseConfig(*path);
    requireActivation(document, *path);
    if (const auto count = numberOf<double>(document, "num_attention_heads"); count && heads == 0) {
        if (!(*count >= 1 && *count <= kMostHeads)) {
            throw Error("its number of heads makes no sense", path->string(), "give --heads-per-layer");
        }
        heads = static_cast<int>(*count);
    }
    if (const auto epsilon = numberOf<double>(document, "layer_norm_eps")) {
        if (!isEpsilon(*epsilon)) {
            throw Error("its layer_norm_eps makes no sense", path->string(), "correct or remove config.json");
        }
        traits.epsilon = *epsilon;
    }
    const auto theta = numberOf<double>(document, "rope_theta");
    if (theta && *theta != 100 && traits.positions == PositionRule::Rotary) {
        throw Error("its rope_theta is not the 100 of DINOv3", path->string(),
                    "choose a model of the published kind");
    }
}

void requireModelConfigOf(const Checkpoint& checkpoint, const Family& family, const VitConfig& config) {
    const auto path = configOf(checkpoint, family);
    if (!path) return;
    const nlohmann::json document = parseConfig(*path);
    const std::pair<const char*, int> shape[] = {
        {"hidden_size", config.dim}, {"num_hidden_layers", config.depth}, {"patch_size", config.patchSize}};
    for (const auto& [key, here] : shape) {
        const auto told = numberOf<double>(document, key);
        if (!told || *told == here) continue;
        throw Error("it is of another model than the weights beside it: its " + std::string(key) +
                        " is not their " + std::to_string(here),
                    path->string(), "move the weights into a folder of their own");
    }
}

std::map<std::string, std::string> ownMetadata(const Inspection& inspection) {
    std::map<std::string, std::string> metadata{{"producer", kProducer},
                                                {"family", inspection.family},
                                                {"architecture", inspection.architecture},
                                                {"source", fs::path(inspection.file).filename().string()}};
    if (inspection.network != Network::VisionTransformer) return metadata;
    const VitConfig& config = inspection.config;
    metadata["patch_size"] = std::to_string(config.patchSize);
    metadata["heads"] = std::to_string(config.heads);
    std::array<char, 32> digits{};
    metadata["layer_norm_epsilon"] = {
        digits.data(),
        std::to_chars(digits.data(), digits.data() + digits.size(), config.layerNormEpsilon).ptr};
    for (const auto& [rule, name] : kRules) {
        if (rule == config.positions) metadata["positions"] = name;
    }
    return metadata;
}

void readOwnMetadata(const Checkpoint& checkpoint, Inspection& info, VitTraits& traits, int& heads) {
    if (checkpoint.format() != "safetensors") return;
    const std::map<std::string, std::string> metadata(checkpoint.options().begin(),
                                                      checkpoint.options().end());
    const auto text = [&](const char* key) {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::string() : found->second;
    };
    if (text("producer") != kProducer) return;
    if (!text("family").empty()) {
        info.family = text("family");
        info.confidence = "certain";
    }
    const std::string count = text("heads");
    int number = 0;
    std::from_chars(count.data(), count.data() + count.size(), number);
    if (number >= 1 && number <= kMostHeads) heads = number;
    const std::string epsilon = text("layer_norm_epsilon");
    double value = 0;
    std::from_chars(epsilon.data(), epsilon.data() + epsilon.size(), value);
    if (isEpsilon(value)) traits.epsilon = value;
    for (const auto& [rule, name] : kRules) {
        const bool both = (rule == PositionRule::Rotary) == (traits.positions == PositionRule::Rotary);
        if (text("positions") == name && both) traits.positions = rule;
    }
}

}  // namespace dinoscope
