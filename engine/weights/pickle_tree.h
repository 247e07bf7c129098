#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/element_type.h"

namespace dinoscope {

enum class PickleKind : std::uint8_t {
    None,
    Bool,
    Int,
    BigInt,  ///< beyond int64: text() is "0x…" (binary pickles) or decimal digits (text pickles)
    Float,
    Text,
    Bytes,
    List,
    Tuple,
    Dict,     ///< dict and OrderedDict, in order of insertion
    Storage,  ///< a tensor's raw memory, kept elsewhere in the file
    Tensor,
    Global,  ///< the name of a class or function: text() is "module.name"
    Opaque,  ///< what a call that was never made would have given: text() is the callable's name
};

/// The raw memory that tensors lie in, as a pickle speaks of it.
struct PickledStorage {
    std::string key;
    ElementType type = ElementType::Unknown;
    std::int64_t count = 0;   ///< elements of `type`
    std::int64_t offset = 0;  ///< legacy files: a storage may be a window of another
};

struct PickledTensor {
    ElementType type = ElementType::Unknown;
    std::uint32_t storage = 0;  ///< index into PickleTree::storages()
    std::int64_t offset = 0;    ///< in elements of `type`
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides;
    bool requiresGrad = false;
};

struct PickleNode {
    PickleKind kind = PickleKind::None;
    std::int64_t integer = 0;  ///< Bool, Int; of Storage and Tensor the index of their record
    double real = 0;
    std::string text = {};
    /// List, Tuple: the items. Dict: key, value, key, value. Opaque: arguments, state (or 0), then whatever
    /// was appended or set.
    std::vector<std::uint32_t> children = {};
};

class PickleValue;

/// What a pickle holds. All values lie in one array and name each other by index, so shared, cyclic and
/// deeply nested values cost what they cost in the file, and nothing recurses. Walkers must bound their own
/// depth and number of steps, as a value can be reached on very many ways.
class PickleTree {
public:
    PickleValue root() const;
    const PickleNode& node(std::uint32_t index) const { return nodes_[index]; }
    std::size_t size() const { return nodes_.size(); }

    const std::vector<PickledStorage>& storages() const { return storages_; }
    const std::vector<PickledTensor>& tensors() const { return tensors_; }

    /// Length of the pickle itself, up to and with its STOP.
    std::size_t encodedSize() const { return encodedSize_; }

private:
    friend class Unpickler;

    std::vector<PickleNode> nodes_;
    std::vector<PickledStorage> storages_;
    std::vector<PickledTensor> tensors_;
    std::uint32_t root_ = 0;
    std::size_t encodedSize_ = 0;
};

/// A value in a tree; valid as long as the tree. Accessors ask for a fitting kind first: they give 0, an
/// empty text or nothing for another one.
class PickleValue {
public:
    PickleValue(const PickleTree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

    PickleKind kind() const { return node().kind; }
    bool is(PickleKind asked) const { return kind() == asked; }
    bool boolean() const { return node().integer != 0; }
    std::int64_t integer() const { return node().integer; }
    double real() const { return node().real; }
    const std::string& text() const { return node().text; }

    /// Items of a list or tuple, entries of a dict.
    std::size_t size() const;
    PickleValue item(std::size_t i) const { return child(i); }
    PickleValue key(std::size_t i) const { return child(2 * i); }
    PickleValue value(std::size_t i) const { return child(2 * i + 1); }

    /// The value of a dict's text key; the last one, as in Python, where a key was set twice.
    std::optional<PickleValue> find(std::string_view key) const;

    /// Of an Opaque: what its callable would have been given, and what was to become its attributes.
    PickleValue arguments() const { return child(0); }
    std::optional<PickleValue> state() const;

    const PickledTensor& tensor() const { return tree_->tensors()[static_cast<std::size_t>(node().integer)]; }

private:
    const PickleNode& node() const { return tree_->node(index_); }
    PickleValue child(std::size_t i) const { return {*tree_, node().children[i]}; }

    const PickleTree* tree_;
    std::uint32_t index_;
};

}  // namespace dinoscope
