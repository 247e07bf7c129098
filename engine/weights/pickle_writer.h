#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/weights/element_type.h"

namespace dinoscope {

/// A tensor to be written, row-major. Its bytes either lie there (`bytes`), or are fetched when their turn
/// comes
/// (`fetch`), so that tensors of another device need not all be in memory at once; what fetch() gives must
/// live until it is called for the next tensor.
struct TorchTensor {
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> sizes;
    std::span<const std::byte> bytes{};
    std::function<std::span<const std::byte>()> fetch{};
};

/// A value that torch.save could have been given: None, bool, int, float, str, list, tuple, dict,
/// OrderedDict, argparse.Namespace or a tensor.
class TorchValue {
public:
    using Items = std::vector<TorchValue>;
    using Entries = std::vector<std::pair<TorchValue, TorchValue>>;

    struct List {
        Items items;
    };
    struct Tuple {
        Items items;
    };
    struct Dict {
        Entries entries;
        bool ordered = false;  ///< an OrderedDict, as state dicts are
    };
    /// An argparse.Namespace. torch.load takes it only with weights_only=False.
    struct Namespace {
        Entries attributes;
    };

    TorchValue() = default;  // None
    TorchValue(bool value) : value_(value) {}
    TorchValue(int value) : value_(std::int64_t{value}) {}
    TorchValue(std::int64_t value) : value_(value) {}
    TorchValue(double value) : value_(value) {}
    TorchValue(std::string value) : value_(std::move(value)) {}
    TorchValue(const char* value) : value_(std::string(value)) {}
    TorchValue(TorchTensor value) : value_(std::move(value)) {}
    TorchValue(List value) : value_(std::move(value)) {}
    TorchValue(Tuple value) : value_(std::move(value)) {}
    TorchValue(Dict value) : value_(std::move(value)) {}
    TorchValue(Namespace value) : value_(std::move(value)) {}

    static TorchValue list(Items items) { return List{std::move(items)}; }
    static TorchValue tuple(Items items) { return Tuple{std::move(items)}; }
    static TorchValue dict(Entries entries) { return Dict{std::move(entries), false}; }
    static TorchValue orderedDict(Entries entries) { return Dict{std::move(entries), true}; }

private:
    friend class PickleWriter;
    std::variant<std::monostate, bool, std::int64_t, double, std::string, TorchTensor, List, Tuple, Dict,
                 Namespace>
        value_;
};

/// Writes a file that torch.load(path, weights_only=True) and TorchFile read: torch.save's zip format with a
/// pickle of protocol 2. Atomic: a killed program or a full disk leaves what was there before. Beyond the
/// pickle it takes no memory. Throws Error where a tensor's bytes do not fill its shape, for a type that has
/// no torch storage, and where the file cannot be written. The same value gives the same bytes.
void writeTorchFile(const std::filesystem::path& path, const TorchValue& value,
                    std::uint64_t zip64From = 0xFFFFFFFF);

}  // namespace dinoscope
