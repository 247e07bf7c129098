#include "engine/weights/inspector.h"

#include <algorithm>
#include <unordered_map>

#include "engine/weights/families.h"
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

Recognised recognise(const Checkpoint& checkpoint, const WeightsChoice& choice) {
    const TensorGroup* chosen =
        choice.checkpointKey.empty() ? nullptr : &chosenGroup(checkpoint, choice.checkpointKey);
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

/// A dtype that stands for all, or "mixed".
std::string commonType(const TensorGroup& group, const std::vector<CheckpointInfo::Source>& used) {
    if (used.empty()) return "unknown";
    const ElementType first = group.tensors[used[0].index].type;
    for (const CheckpointInfo::Source& source : used) {
        if (group.tensors[source.index].type != first) return "mixed";
    }
    return std::string(name(first));
}

/// Sorts the group's tensors into used, missing, misfit, unexpected and ignored.
void assignKeys(const Family& family, const TensorGroup& group, const WeightsChoice& choice,
                CheckpointInfo& info) {
    std::unordered_map<std::string, std::size_t> byName;
    KeyShapes shapes;
    for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        const TensorEntry& entry = group.tensors[i];
        std::string reference = referenceName(family, entry.name);
        if (matchesAny(family.ignored, reference)) {
            info.ignored.push_back(printable(entry.name) + " " + shapeText(entry.shape));
        } else if (!byName.emplace(reference, i).second) {
            info.misfit.push_back(printable(reference) + " is there under two names");
        } else {
            shapes.emplace(std::move(reference), entry.shape);
        }
    }
    info.shape = inferVitShape(shapes);
    info.shape.heads = choice.headsPerLayer > 0 ? choice.headsPerLayer : info.shape.dim / family.dimPerHead;

    std::int64_t parameters = 0;
    for (const auto& [key, expected] : expectedVitKeys(info.shape)) {
        const auto found = byName.find(key);
        if (found == byName.end()) {
            info.missing.push_back(key);
            continue;
        }
        const std::vector<std::int64_t>& shape = group.tensors[found->second].shape;
        if (shape == expected && !expected.empty()) {
            info.used.push_back({key, found->second});
            // Bounded: shapes follow from the limits of inferVitShape.
            parameters += elementCount(shape).value();
        } else {
            info.misfit.push_back(
                key + " " + shapeText(shape) +
                (expected.empty() ? " is impossible" : " instead of " + shapeText(expected)));
        }
        byName.erase(found);
    }
    info.parameters = parameters;
    for (const TensorEntry& entry : group.tensors) {
        if (byName.contains(referenceName(family, entry.name)) &&
            !matchesAny(family.ignored, referenceName(family, entry.name))) {
            info.unexpected.push_back(printable(entry.name) + " " + shapeText(entry.shape));
        }
    }
}

void checkChoice(const CheckpointInfo& info, const Family& family, const WeightsChoice& choice) {
    if (!choice.arch.empty() && choice.arch != info.architecture) {
        throw Error("this file holds a " + info.architecture + ", not a " + printable(choice.arch), info.file,
                    "leave out --arch");
    }
    if (choice.patchSize > 0 && choice.patchSize != info.shape.patchSize) {
        throw Error("the patches of this file are of " + std::to_string(info.shape.patchSize) +
                        " pixels, not " + std::to_string(choice.patchSize),
                    info.file, "leave out --patch-size");
    }
    if (info.shape.dim == 0) return;
    if (choice.headsPerLayer > 0 && info.shape.dim % choice.headsPerLayer != 0) {
        throw UsageError("a width of " + std::to_string(info.shape.dim) + " cannot be split into " +
                             std::to_string(choice.headsPerLayer) + " heads",
                         info.file, "choose a divisor of the width as --heads-per-layer");
    }
    if (choice.headsPerLayer == 0 && info.shape.dim % family.dimPerHead != 0) {
        std::vector<std::string> divisors;
        for (int heads = 1; heads <= std::min(64, info.shape.dim); ++heads) {
            if (info.shape.dim % heads == 0) divisors.push_back(std::to_string(heads));
        }
        throw Error("the file does not tell its number of heads (its width is " +
                        std::to_string(info.shape.dim) + ")",
                    info.file, "give --heads-per-layer: " + listNames(divisors, 12));
    }
}

}  // namespace

CheckpointInfo inspect(const Checkpoint& checkpoint, const WeightsChoice& choice) {
    const auto [family, group] = recognise(checkpoint, choice);
    CheckpointInfo info;
    info.file = checkpoint.name();
    info.format = checkpoint.format();
    info.family = family->name;
    info.checkpointKey = group->key;
    for (const std::string_view key : family->groups) {
        if (!key.empty() && checkpoint.group(std::string(key))) info.checkpointKeys.emplace_back(key);
    }
    info.epoch = checkpoint.epoch();
    info.options = checkpoint.options();
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
    assignKeys(*family, *group, choice, info);
    info.architecture = architectureName(info.shape);
    info.dtype = commonType(*group, info.used);
    checkChoice(info, *family, choice);
    return info;
}

std::optional<Error> refusal(const CheckpointInfo& info) {
    const char* remedy = "choose a complete checkpoint of a DINO ViT";
    if (!info.missing.empty()) {
        return Error("tensors are missing: " + listNames(info.missing), info.file, remedy);
    }
    if (!info.misfit.empty()) {
        return Error("tensors have the wrong shape: " + listNames(info.misfit), info.file, remedy);
    }
    if (!info.unexpected.empty()) {
        return Error("there are tensors that a ViT of DINO does not have: " + listNames(info.unexpected),
                     info.file, remedy);
    }
    return std::nullopt;
}

}  // namespace dinoscope
