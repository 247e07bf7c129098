#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/nn/vit_config.h"

namespace dinoscope {

/// What the tensors of a file make.
enum class Network : std::uint8_t {
    VisionTransformer,
    ResNet50,
    LinearClassifier,  ///< a linear probe alone: it classifies features, and has no backbone
};

/// One line of a key map: what a family calls a tensor, and what the reference does. In `from`, `#` stands
/// for a number, `~` for one that is dropped, a `*` at the end for any text; `to` takes the numbers and the
/// text in order. The same lines, read backwards, name the tensors of an exported file.
struct KeyRule {
    enum class When : std::uint8_t { Always, Gelu, SwiGlu };

    std::string_view from;
    std::string_view to;
    int part = 0;  ///< which of the `parts` that lie below each other in the reference's tensor
    int parts = 1;
    When when = When::Always;  ///< the MLP whose tensors are named so
};

/// Heads of a network of this width. More than one: the file cannot tell which.
struct HeadCount {
    int dim = 0;
    std::vector<int> candidates;
};

/// What neither names nor shapes of a ViT's tensors tell.
struct VitTraits {
    PositionRule positions = PositionRule::Offset;
    double epsilon = 1e-6;  ///< of the layer norms
    std::vector<HeadCount> heads = {};
    int dimPerHead = 64;  ///< for widths that `heads` does not list
};

/// One kind of checkpoint, told by the names of its tensors. In patterns `#` stands for a number and `*` for
/// any text, dots included.
struct Family {
    std::string_view name;
    Network network = Network::VisionTransformer;
    bool readable = false;  ///< the others are known well enough to be named in a refusal

    /// Keys of the file below which the weights may lie, the preferred one first; "" is the top.
    std::vector<std::string_view> groups = {};
    /// Of two networks side by side below one key, the --checkpoint-key that asks for this one.
    std::string_view encoder = {};
    /// Beginnings of tensor names and what takes their place, each tried once, in order.
    std::vector<std::pair<std::string_view, std::string_view>> renames = {};
    /// What follows for the tensors whose names are not the reference's yet.
    std::vector<KeyRule> keys = {};

    /// On names in the file's own terms, but after `renames`: every one of `required` matches some, none of
    /// `forbidden` matches any.
    std::vector<std::string_view> required = {};
    std::vector<std::string_view> forbidden = {};
    /// The position of [CLS] must be zero, as a fixed table has it and a learnt one never: told by its
    /// numbers, where names and shapes are others' too.
    bool zeroClsPosition = false;
    /// Any of these makes it certain; without one the names fit other families' files too.
    std::vector<std::string_view> certain = {};
    /// Tensors that belong to the file but not to the backbone. Anything else unexpected is an error.
    std::vector<std::string_view> ignored = {};

    VitTraits traits = {};
    bool hasConfig = false;  ///< transformers: a config.json beside the file tells traits and heads
};

/// In the order in which they are tried.
const std::vector<Family>& families();

bool matches(std::string_view pattern, std::string_view name);
bool matchesAny(std::span<const std::string_view> patterns, std::string_view name);

/// `name` with the family's renames applied.
std::string renamed(const Family& family, std::string_view name);

/// What a tensor is in the reference's terms: a tensor, or one of the parts that make one.
struct ReferenceKey {
    std::string name;
    int part = 0;
    int parts = 1;
};

/// `name` is renamed() already.
ReferenceKey referenceKey(const Family& family, std::string_view name);

/// The names that a file of this family has for a tensor of the reference, with the part that each holds; the
/// name itself where no rule speaks of it.
std::vector<ReferenceKey> namesInFile(const Family& family, std::string_view reference, bool swiGlu);

}  // namespace dinoscope
