#include "engine/weights/inspector.h"

#include <algorithm>
#include <unordered_map>

#include "engine/weights/families.h"
#include "engine/weights/infer_config.h"
#include "engine/weights/printable.h"

namespace dinoscope {

namespace {

struct Recognised {
    const Family* family = nullptr;
    const TensorGroup* group = nullptr;
};

bool fits(const Family& family, const TensorGroup& group) {
    std::vector<bool> found(family.required.size(), false);
    for (const TensorEntry& entry : group.tensors) {
        const std::string name = referenceName(family, entry.name);
        if (matchesAny(family.forbidden, name)) return false;
        for (std::size_t i = 0; i < found.size(); ++i)
            found[i] = found[i] || matches(family.required[i], name);
    }
    return std::find(found.begin(), found.end(), false) == found.end();
}

std::vector<std::string> groupKeys(const Checkpoint& checkpoint) {
    std::vector<std::string> keys;
    for (const TensorGroup& group : checkpoint.groups()) {
        if (!group.key.empty()) keys.push_back(group.key);
    }
    return keys;
}

const TensorGroup& chosenGroup(const Checkpoint& checkpoint, const std::string& key) {
    if (const TensorGroup* group = checkpoint.group(key)) return *group;
    const std::vector<std::string> keys = groupKeys(checkpoint);
    throw Error("it has no weights under the key " + printable(key), checkpoint.name(),
                keys.empty() ? "leave out --checkpoint-key: this file has no such keys"
                             : "choose --checkpoint-key among " + listNames(keys));
}

Recognised recognise(const Checkpoint& checkpoint, const LoadOptions& options) {
    const TensorGroup* chosen =
        options.checkpointKey.empty() ? nullptr : &chosenGroup(checkpoint, options.checkpointKey);
    for (const Family& family : families()) {
        for (const std::string_view key : family.groups) {
            const TensorGroup* group = chosen ? chosen : checkpoint.group(std::string(key));
            if (!group || group->key != key || !fits(family, *group)) continue;
            if (family.readable) return {&family, group};
            throw Error("this looks like a checkpoint of " + std::string(family.name) +
                            ", which this version does not read",
                        checkpoint.name(), "choose a ViT checkpoint of DINO");
        }
    }
    std::vector<std::string> names;
    const TensorGroup& largest = *std::max_element(
        checkpoint.groups().begin(), checkpoint.groups().end(),
        [](const TensorGroup& a, const TensorGroup& b) { return a.tensors.size() < b.tensors.size(); });
    for (const TensorEntry& entry : (chosen ? *chosen : largest).tensors)
        names.push_back(entry.name);
    throw Error("this is no checkpoint of a family that is known here (it holds " + listNames(names, 4) + ")",
                checkpoint.name(), "choose a ViT checkpoint of DINO");
}

std::string described(const TensorEntry& entry) {
    return printable(entry.name) + " " + shapeText(entry.shape);
}

/// A dtype that stands for all, or "mixed".
std::string commonType(const TensorGroup& group, const std::vector<Inspection::Source>& used) {
    if (used.empty()) return "unknown";
    const ElementType first = group.tensors[used[0].index].type;
    for (const Inspection::Source& source : used) {
        if (group.tensors[source.index].type != first) return "mixed";
    }
    return std::string(name(first));
}

/// Sorts the group's tensors by their use, and reads the network's shape off them.
void assignKeys(const Family& family, const TensorGroup& group, const LoadOptions& options,
                Inspection& info) {
    std::unordered_map<std::string, std::size_t> byName;
    KeyShapes shapes;
    for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        const TensorEntry& entry = group.tensors[i];
        std::string reference = referenceName(family, entry.name);
        if (matchesAny(family.ignored, reference)) {
            info.keysIgnored.push_back(described(entry));
        } else if (byName.emplace(reference, i).second) {
            shapes.emplace(std::move(reference), entry.shape);
        } else {
            info.keysUnexpected.push_back(described(entry));  // "x" and "module.x" at once
        }
    }
    info.config = inferVitConfig(shapes);
    const KeyShapes::const_iterator patch = shapes.find("patch_embed.proj.weight");
    if (info.config.dim == 0 || info.config.patchSize == 0) {
        throw Error("its patch_embed.proj.weight is " + shapeText(patch->second) + ", which no ViT has",
                    info.file, "choose a ViT checkpoint of DINO");
    }
    info.config.heads =
        options.headsPerLayer > 0 ? options.headsPerLayer : info.config.dim / family.dimPerHead;

    for (const auto& [key, expected] : expectedShapes(info.config)) {
        const auto found = byName.find(key);
        if (found == byName.end()) {
            info.keysMissing.push_back(key);
            continue;
        }
        const std::vector<std::int64_t>& shape = group.tensors[found->second].shape;
        if (shape == expected) {
            info.sources.push_back({key, found->second});
            info.parameters += elementCount(shape).value_or(0);
        } else if (key == "pos_embed" && info.config.imageSize == 0) {
            info.keysMissing.push_back(key + " (it is " + shapeText(shape) +
                                       ", not [CLS] and a square of patches)");
        } else {
            info.keysMissing.push_back(key + " (it is " + shapeText(shape) + " instead of " +
                                       shapeText(expected) + ")");
        }
        byName.erase(found);
    }
    info.keysUsed = static_cast<std::int64_t>(info.sources.size());
    for (const auto& [key, index] : byName)
        info.keysUnexpected.push_back(described(group.tensors[index]));
    std::sort(info.keysUnexpected.begin(), info.keysUnexpected.end());
}

void copyShape(Inspection& info) {
    info.architecture = architectureName(info.config);
    info.patchSize = info.config.patchSize;
    info.imageSize = info.config.imageSize;
    info.layers = info.config.depth;
    info.heads = info.config.heads;
    info.dim = info.config.dim;
}

void checkChoice(const Inspection& info, const Family& family, const LoadOptions& options) {
    if (!options.arch.empty() && options.arch != info.architecture) {
        throw Error("this file holds a " + info.architecture + ", not a " + printable(options.arch),
                    info.file, "leave out --arch");
    }
    if (options.patchSize > 0 && options.patchSize != info.config.patchSize) {
        throw Error("the patches of this file are of " + std::to_string(info.config.patchSize) +
                        " pixels, not " + std::to_string(options.patchSize),
                    info.file, "leave out --patch-size");
    }
    if (options.headsPerLayer > 0 && info.config.dim % options.headsPerLayer != 0) {
        throw UsageError("a width of " + std::to_string(info.config.dim) + " cannot be split into " +
                             std::to_string(options.headsPerLayer) + " heads",
                         info.file, "choose a divisor of the width as --heads-per-layer");
    }
    if (options.headsPerLayer == 0 && info.config.dim % family.dimPerHead != 0) {
        std::vector<std::string> divisors;
        for (int heads = 1; heads <= std::min(64, info.config.dim); ++heads) {
            if (info.config.dim % heads == 0) divisors.push_back(std::to_string(heads));
        }
        throw Error("the file does not tell its number of heads (its width is " +
                        std::to_string(info.config.dim) + ")",
                    info.file, "give --heads-per-layer: " + listNames(divisors, 12));
    }
}

}  // namespace

Inspection inspect(const Checkpoint& checkpoint, const LoadOptions& options) {
    const Recognised found = recognise(checkpoint, options);
    const Family* family = found.family;
    const TensorGroup* group = found.group;
    Inspection info;
    info.file = checkpoint.name();
    info.format = checkpoint.format();
    info.family = family->name;
    info.checkpointKey = group->key;
    for (const std::string_view key : family->groups) {
        if (!key.empty() && checkpoint.group(std::string(key))) info.checkpointKeys.emplace_back(key);
    }
    info.epoch = checkpoint.epoch();
    info.trainingOptions = checkpoint.options();
    for (const std::string& key : checkpoint.others())
        info.others.push_back(printable(key));
    for (const TensorGroup& other : checkpoint.groups()) {
        if (&other != group && !other.key.empty()) info.others.push_back(printable(other.key));
    }
    const bool certain =
        std::any_of(group->tensors.begin(), group->tensors.end(), [&](const TensorEntry& entry) {
            return matchesAny(family->certain, referenceName(*family, entry.name));
        });
    info.confidence = certain ? "certain" : "likely";
    assignKeys(*family, *group, options, info);
    copyShape(info);
    info.dtype = commonType(*group, info.sources);
    checkChoice(info, *family, options);
    return info;
}

Inspection inspect(const std::filesystem::path& file, const LoadOptions& options) {
    return inspect(Checkpoint(file), options);
}

std::optional<Error> refusal(const Inspection& inspection) {
    const char* remedy = "choose a complete checkpoint of a DINO ViT";
    if (!inspection.keysMissing.empty()) {
        return Error("tensors are missing or have the wrong shape: " + listNames(inspection.keysMissing),
                     inspection.file, remedy);
    }
    if (!inspection.keysUnexpected.empty()) {
        return Error(
            "it holds tensors that a DINO ViT does not have: " + listNames(inspection.keysUnexpected),
            inspection.file, remedy);
    }
    return std::nullopt;
}

}  // namespace dinoscope
