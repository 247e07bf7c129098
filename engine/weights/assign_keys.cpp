#include "engine/weights/assign_keys.h"

#include <algorithm>

#include "engine/base/printable.h"
#include "engine/nn/resnet_shapes.h"
#include "engine/weights/tensor_view.h"

namespace dinoscope {

namespace {

/// What is learnt, as against what is counted or kept beside it.
bool isParameter(const std::string& name) {
    return !name.ends_with(".running_mean") && !name.ends_with(".running_var") && !isBatchCounter(name) &&
           !name.ends_with(".bias_mask") && name != "rope_embed.periods";
}

/// [1, 0, dim] says that there are no registers.
bool isEmpty(const std::vector<std::int64_t>& shape) {
    return std::find(shape.begin(), shape.end(), 0) != shape.end();
}

}  // namespace

bool isBatchCounter(std::string_view name) {
    return name.ends_with(".num_batches_tracked");
}

KeyAssignment::KeyAssignment(const Family& family, const TensorGroup& group)
    : family_(family), group_(group) {
    for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        const std::string name = renamed(family, group.tensors[i].name);
        if (matchesAny(family.ignored, name)) {
            ignored_.push_back(i);
            continue;
        }
        const ReferenceKey key = referenceKey(family, name);
        if (key.name == "register_tokens" && isEmpty(group.tensors[i].shape)) {
            ignored_.push_back(i);
            continue;
        }
        Stack& stack = stacks_[key.name];
        if (stack.parts.empty()) stack.parts.resize(static_cast<std::size_t>(key.parts));
        const auto part = static_cast<std::size_t>(key.part);
        if (stack.parts.size() != static_cast<std::size_t>(key.parts) || stack.parts[part]) {
            twice_.push_back(i);  // "x" and "module.x" at once
        } else {
            stack.parts[part] = i;
        }
    }
    for (const UnreadTensor& each : group.unread)
        unread_.emplace(referenceKey(family, renamed(family, each.name)).name, each.kind);
    for (const auto& [name, stack] : stacks_)
        shapes_[name] = stackedShape(name, stack).value_or(Shape{});
}

/// Parts differ in their first dimension alone. Only a bias may lack one, that of the keys, which is then
/// zero.
std::optional<KeyAssignment::Shape> KeyAssignment::stackedShape(const std::string& name,
                                                                const Stack& stack) const {
    if (stack.parts.size() == 1) return group_.tensors[*stack.parts[0]].shape;
    const bool mayLack = name.ends_with(".attn.qkv.bias") && stack.parts[0] && stack.parts[2];
    Shape whole;
    for (const std::optional<std::size_t>& part : stack.parts) {
        if (!part && !mayLack) return std::nullopt;
        const Shape& shape = group_.tensors[part.value_or(*stack.parts[0])].shape;
        if (shape.empty()) return std::nullopt;
        if (whole.empty()) {
            whole = shape;
        } else if (shape.size() != whole.size() ||
                   !std::equal(shape.begin() + 1, shape.end(), whole.begin() + 1) ||
                   __builtin_add_overflow(whole[0], shape[0], &whole[0])) {
            return std::nullopt;
        }
    }
    return whole;
}

std::string KeyAssignment::shapeOf(const std::string& name) const {
    const auto found = shapes_.find(name);
    return found == shapes_.end() ? "missing" : shapeText(found->second);
}

std::string KeyAssignment::unreadAs(const std::string& name) const {
    const auto found = unread_.find(name);
    return found == unread_.end() ? std::string() : name + " (it is " + found->second + ")";
}

std::string KeyAssignment::described(std::size_t index) const {
    const TensorEntry& entry = group_.tensors[index];
    return printable(entry.name) + " " + shapeText(entry.shape);
}

void KeyAssignment::use(const std::string& name, const Stack& stack, std::vector<Inspection::Source>& sources,
                        Inspection& info) const {
    sources.push_back({name, stack.parts, shapes_.at(name)});
    for (const std::optional<std::size_t>& part : stack.parts) {
        if (!part) continue;
        info.keysUsedNames.push_back(described(*part));
        if (isParameter(name)) info.parameters += elementCount(group_.tensors[*part].shape).value_or(0);
    }
}

std::map<std::string, KeyAssignment::Shape> KeyAssignment::expected(const Inspection& info) const {
    switch (info.network) {
        case Network::VisionTransformer:
            return expectedShapes(info.config);
        case Network::ResNet50:
            return expectedResNet50Shapes();
        case Network::LinearClassifier:
            break;
    }
    return {};
}

void KeyAssignment::assignClassifier(Inspection& info, std::map<std::string, const Stack*>& left) const {
    const std::string prefix = info.network == Network::LinearClassifier ? "linear" : "head";
    const auto weight = left.find(prefix + ".weight");
    if (weight == left.end() || shapes_.at(weight->first).size() != 2) return;
    const Shape shape = shapes_.at(weight->first);
    info.classes = static_cast<int>(std::clamp<std::int64_t>(shape[0], 0, INT32_MAX));
    if (info.network == Network::LinearClassifier) {
        info.dim = static_cast<int>(std::clamp<std::int64_t>(shape[1], 0, INT32_MAX));
    }
    const std::int64_t before = info.parameters;
    use(weight->first, *weight->second, info.classifier, info);
    left.erase(weight);
    const auto bias = left.find(prefix + ".bias");
    if (bias != left.end() && shapes_.at(bias->first) == Shape{shape[0]}) {
        use(bias->first, *bias->second, info.classifier, info);
        left.erase(bias);
    }
    if (info.network != Network::LinearClassifier) info.parameters = before;
}

void KeyAssignment::assign(Inspection& info) const {
    std::map<std::string, const Stack*> left;
    for (const auto& [name, stack] : stacks_)
        left.emplace(name, &stack);
    for (const auto& [name, shape] : expected(info)) {
        const auto found = left.find(name);
        if (const std::string unread = unreadAs(name); !unread.empty()) {
            info.keysMissing.push_back(unread);
            info.keysUnread.push_back(unread);
            if (found != left.end()) left.erase(found);
            continue;
        }
        if (found == left.end()) {
            info.keysMissing.push_back(name);
            continue;
        }
        const Shape& given = shapes_.at(name);
        if (given == shape) {
            use(name, *found->second, info.sources, info);
        } else if (name == "pos_embed" && info.config.imageSize == 0) {
            info.keysMissing.push_back(name + " (it is " + shapeText(given) +
                                       ", not [CLS] and a square of patches)");
        } else {
            info.keysMissing.push_back(name + (given.empty() ? " (its parts do not belong together)"
                                                             : " (it is " + shapeText(given) +
                                                                   " instead of " + shapeText(shape) + ")"));
        }
        left.erase(found);
    }
    if (info.network == Network::ResNet50) {
        for (auto entry = left.begin(); entry != left.end();) {
            const bool counter = isBatchCounter(entry->first);
            if (counter) use(entry->first, *entry->second, info.sources, info);
            entry = counter ? left.erase(entry) : std::next(entry);
        }
    }
    assignClassifier(info, left);
    info.keysUsed = static_cast<std::int64_t>(info.keysUsedNames.size());
    for (const std::size_t index : ignored_)
        info.keysIgnored.push_back(described(index));
    for (const std::size_t index : twice_)
        info.keysUnexpected.push_back(described(index));
    for (const auto& [name, stack] : left) {
        for (const std::optional<std::size_t>& part : stack->parts) {
            if (part) info.keysUnexpected.push_back(described(*part));
        }
    }
    std::sort(info.keysUnexpected.begin(), info.keysUnexpected.end());
}

}  // namespace dinoscope
