#include "engine/weights/inspector.h"

#include <algorithm>
#include <span>

#include "engine/base/printable.h"
#include "engine/nn/kernels/attention.h"
#include "engine/nn/resnet_shapes.h"
#include "engine/weights/assign_keys.h"
#include "engine/weights/infer_config.h"
#include "engine/weights/model_config.h"

namespace dinoscope {

namespace {

constexpr const char* kChoose = "choose a checkpoint of one of the families in the README";

struct Recognised {
    const Family* family = nullptr;
    const TensorGroup* group = nullptr;
};

bool fits(const Family& family, const TensorGroup& group) {
    std::vector<bool> found(family.required.size(), false);
    const auto allows = [&](const std::string& nameInFile) {
        const std::string name = renamed(family, nameInFile);
        if (matchesAny(family.forbidden, name)) return false;
        for (std::size_t i = 0; i < found.size(); ++i)
            found[i] = found[i] || matches(family.required[i], name);
        return true;
    };
    for (const TensorEntry& entry : group.tensors) {
        if (!allows(entry.name)) return false;
    }
    for (const UnreadTensor& each : group.unread) {
        if (!allows(each.name)) return false;
    }
    return std::find(found.begin(), found.end(), false) == found.end();
}

bool isZero(std::span<const std::byte> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// Whether pos_embed, [1, 1 + patches, dim], has zeros alone in its first row.
bool hasZeroClsPosition(const Checkpoint& checkpoint, const Family& family, const TensorGroup& group) {
    for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        const TensorEntry& entry = group.tensors[i];
        if (renamed(family, entry.name) != "pos_embed") continue;
        if (entry.type == ElementType::Unknown || entry.shape.size() != 3) return false;
        const TensorView view = checkpoint.view(group, i);
        if (view.bytes.empty()) return false;
        const std::size_t width = elementSize(view.type);
        for (std::int64_t column = 0; column < view.sizes[2]; ++column) {
            const auto at = static_cast<std::size_t>(column * view.strides[2]) * width;
            if (!isZero(view.bytes.subspan(at, width))) return false;
        }
        return true;
    }
    return false;
}

/// Whether some family has a network below this key that can be read; the state of a loss or an optimizer is
/// none.
bool holdsNetwork(const TensorGroup& group) {
    return std::any_of(families().begin(), families().end(), [&](const Family& family) {
        return family.readable &&
               std::find(family.groups.begin(), family.groups.end(), group.key) != family.groups.end() &&
               fits(family, group);
    });
}

/// All that --checkpoint-key may name: keys of the file, and encoders that lie side by side below one.
std::vector<std::string> choices(const Checkpoint& checkpoint) {
    std::vector<std::string> keys;
    for (const TensorGroup& group : checkpoint.groups()) {
        if (!group.key.empty() && holdsNetwork(group)) keys.push_back(group.key);
    }
    for (const Family& family : families()) {
        if (family.encoder.empty()) continue;
        for (const std::string_view key : family.groups) {
            const TensorGroup* group = checkpoint.group(std::string(key));
            if (group && fits(family, *group)) keys.emplace_back(family.encoder);
        }
    }
    return keys;
}

bool isEncoder(const std::string& key) {
    return std::any_of(families().begin(), families().end(),
                       [&](const Family& family) { return !key.empty() && family.encoder == key; });
}

[[noreturn]] void refuseKey(const Checkpoint& checkpoint, const std::string& key) {
    const std::vector<std::string> keys = choices(checkpoint);
    throw Error("it has no weights under the key " + printable(key), checkpoint.name(),
                keys.empty() ? "leave out --checkpoint-key: this file has no such keys"
                             : "choose --checkpoint-key among " + listNames(keys));
}

[[noreturn]] void refuseUnknown(const Checkpoint& checkpoint, const TensorGroup* chosen) {
    std::vector<std::string> names;
    const TensorGroup& largest =
        *std::max_element(checkpoint.groups().begin(), checkpoint.groups().end(),
                          [](const TensorGroup& a, const TensorGroup& b) {
                              return a.tensors.size() + a.unread.size() < b.tensors.size() + b.unread.size();
                          });
    for (const TensorEntry& entry : (chosen ? *chosen : largest).tensors)
        names.push_back(entry.name);
    for (const UnreadTensor& each : (chosen ? *chosen : largest).unread)
        names.push_back(each.name);
    throw Error("this is no checkpoint of a family that is known here (it holds " + listNames(names, 4) + ")",
                checkpoint.name(), kChoose);
}

Recognised recognise(const Checkpoint& checkpoint, const LoadOptions& options) {
    const bool byEncoder = isEncoder(options.checkpointKey);
    const TensorGroup* chosen = nullptr;
    if (!options.checkpointKey.empty() && !byEncoder) {
        chosen = checkpoint.group(options.checkpointKey);
        // The reference asks for the teacher by default, and takes a file of one network alone for it.
        const bool isAlone = options.checkpointKey == "teacher" && choices(checkpoint).empty();
        if (!chosen && !isAlone) refuseKey(checkpoint, options.checkpointKey);
    }
    for (const Family& family : families()) {
        if (byEncoder && family.encoder != options.checkpointKey) continue;
        for (const std::string_view key : family.groups) {
            const TensorGroup* group = chosen ? chosen : checkpoint.group(std::string(key));
            if (!group || group->key != key || !fits(family, *group)) continue;
            if (family.zeroClsPosition && !hasZeroClsPosition(checkpoint, family, *group)) continue;
            if (family.readable) return {&family, group};
            throw Error("this looks like a checkpoint of " + std::string(family.name) +
                            ", which this version does not read",
                        checkpoint.name(), kChoose);
        }
    }
    if (byEncoder) refuseKey(checkpoint, options.checkpointKey);
    refuseUnknown(checkpoint, chosen);
}

Error unreadError(const std::vector<std::string>& names, const std::string& file) {
    return Error("tensors are there in a way that is not read: " + listNames(names), file,
                 "save them as dense float32 tensors");
}

/// A dtype that stands for all that are computed with, or "mixed".
std::string commonType(const TensorGroup& group, const std::vector<Inspection::Source>& used) {
    ElementType first = ElementType::Unknown;
    bool any = false;
    for (const Inspection::Source& source : used) {
        if (isBatchCounter(source.name)) continue;
        for (const std::optional<std::size_t>& part : source.parts) {
            if (!part) continue;
            const ElementType type = group.tensors[*part].type;
            if (any && type != first) return "mixed";
            first = type;
            any = true;
        }
    }
    return any ? std::string(name(first)) : "unknown";
}

std::string headsRemedy(const std::vector<int>& candidates) {
    std::vector<std::string> names;
    for (const int heads : candidates)
        names.push_back(std::to_string(heads));
    return "give --heads-per-layer: " + listNames(names, 12);
}

/// The numbers of heads that a width can be split into; those that can be computed, where there are any.
std::vector<int> possibleHeads(int dim) {
    std::vector<int> all;
    std::vector<int> computed;
    for (int heads = 1; heads <= std::min(64, dim); ++heads) {
        if (dim % heads != 0) continue;
        all.push_back(heads);
        if (attentionSupported(dim / heads)) computed.push_back(heads);
    }
    return computed.empty() ? all : computed;
}

/// The number of heads: as the user says, as the file says, as the family has them.
void chooseHeads(const VitTraits& traits, const LoadOptions& options, Inspection& info) {
    VitConfig& config = info.config;
    if (options.headsPerLayer > 0) {
        if (config.dim % options.headsPerLayer != 0) {
            throw UsageError("a width of " + std::to_string(config.dim) + " cannot be split into " +
                                 std::to_string(options.headsPerLayer) + " heads",
                             info.file, "choose a divisor of the width as --heads-per-layer");
        }
        config.heads = options.headsPerLayer;
        return;
    }
    if (config.heads > 0) {
        if (config.dim % config.heads == 0) return;
        throw Error("it, or config.json beside it, tells " + std::to_string(config.heads) +
                        " heads, into which its width of " + std::to_string(config.dim) + " cannot be split",
                    info.file, headsRemedy(possibleHeads(config.dim)));
    }
    std::vector<int> candidates;
    for (const HeadCount& count : traits.heads) {
        if (count.dim == config.dim) candidates = count.candidates;
    }
    if (candidates.size() == 1) {
        config.heads = candidates[0];
    } else if (candidates.empty() && config.dim % traits.dimPerHead == 0) {
        config.heads = config.dim / traits.dimPerHead;
    } else {
        if (candidates.empty()) candidates = possibleHeads(config.dim);
        throw UnknownHeads(config.dim, info.file, std::move(candidates));
    }
}

void copyShape(Inspection& info) {
    if (info.network == Network::VisionTransformer) {
        info.architecture = architectureName(info.config);
        info.patchSize = info.config.patchSize;
        info.imageSize = info.config.imageSize;
        info.layers = info.config.depth;
        info.dim = info.config.dim;
        info.registers = info.config.registers;
    } else if (info.network == Network::ResNet50) {
        info.architecture = "resnet50";
        info.dim = kResNet50Dim;
    } else {
        info.architecture = "linear classifier";
    }
}

void checkChoice(const Inspection& info, const LoadOptions& options) {
    if (!options.arch.empty() && options.arch != info.architecture) {
        throw Error("this file holds a " + info.architecture + ", not a " + printable(options.arch),
                    info.file, "leave out --arch");
    }
    if (options.patchSize > 0 && options.patchSize != info.patchSize) {
        throw Error(info.patchSize == 0
                        ? "this network has no patches"
                        : "the patches of this file are of " + std::to_string(info.patchSize) +
                              " pixels, not " + std::to_string(options.patchSize),
                    info.file, "leave out --patch-size");
    }
}

void describeFile(const Checkpoint& checkpoint, const Recognised& found, Inspection& info) {
    info.file = checkpoint.name();
    info.format = checkpoint.format();
    info.family = found.family->name;
    info.network = found.family->network;
    info.group = found.group->key;
    info.checkpointKey = found.family->encoder.empty() ? found.group->key : found.family->encoder;
    if (!found.family->encoder.empty()) {
        info.checkpointKeys = {"base_encoder", "momentum_encoder"};
    } else {
        for (const std::string_view key : found.family->groups) {
            if (!key.empty() && checkpoint.group(std::string(key))) info.checkpointKeys.emplace_back(key);
        }
    }
    info.epoch = checkpoint.epoch();
    info.trainingOptions = checkpoint.options();
    for (const std::string& key : checkpoint.others())
        info.others.push_back(printable(key));
    for (const TensorGroup& other : checkpoint.groups()) {
        if (&other != found.group && !other.key.empty()) info.others.push_back(printable(other.key));
    }
    const bool certain =
        std::any_of(found.group->tensors.begin(), found.group->tensors.end(), [&](const TensorEntry& entry) {
            return matchesAny(found.family->certain, renamed(*found.family, entry.name));
        });
    info.confidence = certain ? "certain" : "likely";
}

}  // namespace

UnknownHeads::UnknownHeads(int dim, const std::string& file, std::vector<int> candidates)
    : Error("the file does not tell its number of heads (its width is " + std::to_string(dim) + ")", file,
            headsRemedy(candidates)),
      dim_(dim),
      candidates_(std::move(candidates)) {}

Inspection inspect(const Checkpoint& checkpoint, const LoadOptions& options) {
    const Recognised found = recognise(checkpoint, options);
    Inspection info;
    describeFile(checkpoint, found, info);
    KeyAssignment keys(*found.family, *found.group);
    if (info.network == Network::VisionTransformer) {
        VitTraits traits = found.family->traits;
        int heads = options.headsPerLayer;
        readModelConfig(checkpoint, *found.family, traits, heads);
        readOwnMetadata(checkpoint, info, traits, heads);
        info.config = inferVitConfig(keys.shapes(), traits);
        if (const std::string patches = keys.unreadAs("patch_embed.proj.weight"); !patches.empty()) {
            throw unreadError({patches}, info.file);
        }
        if (info.config.dim == 0 || info.config.patchSize == 0) {
            throw Error("its patch_embed.proj.weight is " + keys.shapeOf("patch_embed.proj.weight") +
                            ", which no ViT has",
                        info.file, kChoose);
        }
        requireModelConfigOf(checkpoint, *found.family, info.config);
        if (heads > 0) info.config.heads = heads;
        copyShape(info);
        checkChoice(info, options);
        chooseHeads(traits, options, info);
        info.heads = info.config.heads;
    } else {
        if (info.network == Network::ResNet50 && isOtherResNet(keys.shapes())) {
            throw Error("this is a ResNet other than ResNet-50, which alone is computed here", info.file,
                        kChoose);
        }
        copyShape(info);
        checkChoice(info, options);
    }
    keys.assign(info);
    // A linear probe has nothing else.
    info.dtype = commonType(*found.group, info.sources.empty() ? info.classifier : info.sources);
    return info;
}

Inspection inspect(const std::filesystem::path& file, const LoadOptions& options) {
    return inspect(Checkpoint(file), options);
}

std::string networkName(const Inspection& inspection) {
    if (inspection.network != Network::VisionTransformer) return inspection.architecture;
    return inspection.architecture + "/" + std::to_string(inspection.patchSize);
}

std::optional<Error> refusal(const Inspection& inspection) {
    if (inspection.network == Network::LinearClassifier) {
        return Error("this is a linear classifier of " + std::to_string(inspection.dim) +
                         " features alone, without a network that computes them",
                     inspection.file, "give the file of the backbone that it was trained on");
    }
    if (!inspection.keysUnread.empty()) return unreadError(inspection.keysUnread, inspection.file);
    if (!inspection.keysMissing.empty()) {
        return Error("tensors are missing or have the wrong shape: " + listNames(inspection.keysMissing),
                     inspection.file, "choose a complete checkpoint");
    }
    if (!inspection.keysUnexpected.empty()) {
        return Error("it holds tensors that a network of " + inspection.family +
                         " does not have: " + listNames(inspection.keysUnexpected),
                     inspection.file, kChoose);
    }
    return std::nullopt;
}

}  // namespace dinoscope
