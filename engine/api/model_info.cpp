#include "engine/api/model_info.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/api/model_options.h"
#include "engine/api/weights_name.h"
#include "engine/base/hash.h"
#include "engine/train/live_teacher.h"
#include "engine/weights/catalogue.h"
#include "engine/weights/checkpoint.h"

namespace dinoscope::api {

namespace {

std::int64_t countParameters(const VitConfig& config) {
    std::int64_t count = 0;
    for (const auto& [key, shape] : expectedShapes(config)) {
        std::int64_t size = 1;
        for (const std::int64_t side : shape)
            size *= side;
        count += size;
    }
    return count;
}

ModelInfo infoOf(const VitConfig& config) {
    ModelInfo info;
    info.patchSize = config.patchSize;
    info.imageSize = config.imageSize;
    info.layers = config.depth;
    info.heads = config.heads;
    info.dim = config.dim;
    info.parameters = countParameters(config);
    info.dtype = "float32";
    info.keysUsed = static_cast<std::int64_t>(expectedShapes(config).size());
    return info;
}

}  // namespace

ModelInfo untrainedInfo(const ModelSource& source) {
    ModelInfo info = infoOf(untrainedConfig(source));
    info.file = kUntrained;
    info.family = kUntrained;
    info.confidence = "certain";
    info.architecture = source.arch.empty() ? "vit_small" : source.arch;
    return info;
}

ModelInfo liveInfo(const ModelSource& source, const LiveTeacher& teacher) {
    ModelInfo info;
    if (teacher.isConvolutional()) {
        info.architecture = "resnet50";
        info.convolutional = true;
        info.dtype = "float32";
    } else {
        info = infoOf(teacher.config());
        for (const char* name : {"vit_tiny", "vit_small", "vit_base", "vit_large"}) {
            const VitConfig named = VitConfig::byName(name, teacher.config().patchSize);
            if (named.dim == info.dim && named.depth == info.layers) info.architecture = name;
        }
    }
    info.file = source.weights;
    info.family = "DINO";
    info.confidence = "certain";
    info.checkpointKey = "teacher";
    info.epoch = teacher.position().epochs;
    return info;
}

ModelInfo fromInspection(const Inspection& inspection) {
    ModelInfo info;
    info.file = inspection.file;
    info.format = inspection.format;
    info.family = inspection.family;
    info.convolutional = inspection.network == Network::ResNet50;
    info.checkpointKey = inspection.checkpointKey;
    info.checkpointKeys = inspection.checkpointKeys;
    info.confidence = inspection.confidence;
    info.architecture = inspection.architecture;
    info.patchSize = inspection.patchSize;
    info.imageSize = inspection.imageSize;
    info.layers = inspection.layers;
    info.heads = inspection.heads;
    info.dim = inspection.dim;
    info.registers = inspection.registers;
    info.classes = inspection.classes;
    info.parameters = inspection.parameters;
    info.dtype = inspection.dtype;
    info.epoch = inspection.epoch;
    info.keysUsed = inspection.keysUsed;
    info.keysUsedNames = inspection.keysUsedNames;
    info.keysMissing = inspection.keysMissing;
    info.keysIgnored = inspection.keysIgnored;
    info.keysUnexpected = inspection.keysUnexpected;
    info.trainingOptions = inspection.trainingOptions;
    info.others = inspection.others;
    return info;
}

void addCatalogue(const Inspection& inspection, ModelInfo& info) {
    const std::filesystem::path file(info.file);
    const CatalogueEntry* entry = findByFileName(file.filename().string());
    std::error_code failed;
    for (const CatalogueEntry& known : catalogue()) {
        if (!known.shipped.empty() && std::filesystem::equivalent(file, cachedFile(known), failed))
            entry = &known;
    }
    if (!entry || entry->architecture != networkName(inspection)) return;
    if (!(info.sha256.empty() || info.sha256.starts_with(entry->sha256))) return;
    info.catalogueName = entry->name;
    info.licence = entry->licence;
    info.source = entry->address.empty() ? entry->page : entry->address;
}

ModelInfo inspectModel(const ModelSource& source, bool withSha256, JobControl& control) {
    if (source.weights == kUntrained) return untrainedInfo(source);
    if (const LiveTeacher* teacher = LiveTeacher::of(source.weights)) return liveInfo(source, *teacher);
    const std::string file = resolveWeights(source.weights);
    const Inspection inspection = inspect(file, loadOptions(source));
    ModelInfo info = fromInspection(inspection);
    if (withSha256) info.sha256 = sha256OfFiles(Checkpoint(file).files(), control);
    addCatalogue(inspection, info);
    return info;
}

std::string toJson(const ModelInfo& info) {
    using nlohmann::ordered_json;
    // "ignored" is all that is not used, whatever the reason.
    std::vector<std::string> unused = info.keysIgnored;
    unused.insert(unused.end(), info.keysUnexpected.begin(), info.keysUnexpected.end());
    const auto textOrNull = [](const std::string& text) {
        return text.empty() ? ordered_json(nullptr) : ordered_json(text);
    };
    ordered_json document{{"file", info.file},
                          {"format", textOrNull(info.format)},
                          {"family", info.family},
                          {"confidence", info.confidence},
                          {"architecture", info.architecture},
                          {"patch_size", info.patchSize},
                          {"image_size", info.imageSize},
                          {"layers", info.layers},
                          {"heads", info.heads},
                          {"dim", info.dim},
                          {"registers", info.registers},
                          {"classes", info.classes},
                          {"parameters", info.parameters},
                          {"dtype", info.dtype},
                          {"epoch", info.epoch ? ordered_json(*info.epoch) : ordered_json(nullptr)},
                          {"sha256", textOrNull(info.sha256)},
                          {"checkpoint_key", textOrNull(info.checkpointKey)},
                          {"checkpoint_keys", info.checkpointKeys},
                          {"catalogue", textOrNull(info.catalogueName)},
                          {"licence", textOrNull(info.licence)},
                          {"source", textOrNull(info.source)},
                          {"others", info.others},
                          {"keys",
                           {{"used", info.keysUsed},
                            {"missing", info.keysMissing},
                            {"ignored", unused},
                            {"unexpected", info.keysUnexpected},
                            {"used_names", info.keysUsedNames}}}};
    if (!info.trainingOptions.empty()) {
        ordered_json options = ordered_json::object();
        for (const auto& [key, value] : info.trainingOptions)
            options[key] = value;
        document["training_options"] = std::move(options);
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace dinoscope::api
