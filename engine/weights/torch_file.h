#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/weights/pickle_tree.h"
#include "engine/weights/tensor_view.h"

namespace dinoscope {

/// A file of torch.save that lies in memory, which must outlive it. Reads the zip format (PyTorch 1.6 and
/// later) and the one before it. Every tensor is checked against its storage when the file is opened. Errors
/// name `where`.
class TorchFile {
public:
    /// Starts as a zip file does, or as a pickle does.
    static bool looksLikeZip(std::span<const std::byte> bytes);
    static bool looksLikeLegacy(std::span<const std::byte> bytes);

    static TorchFile openZip(std::span<const std::byte> bytes, const std::string& where);
    static TorchFile openLegacy(std::span<const std::byte> bytes, const std::string& where);

    const PickleTree& tree() const { return tree_; }

    /// The tensor's memory. One of an unknown type is an Error, as is one with more elements than its storage
    /// (an expanded one), which would take more memory than its file once it is copied.
    TensorView view(const PickledTensor& tensor, std::string_view tensorName) const;

private:
    explicit TorchFile(const std::string& where) : where_(where) {}
    void readLegacyStorages(std::span<const std::byte> bytes, std::size_t position, const PickleTree& keys);
    void checkTensors() const;
    std::span<const std::byte> storageBytes(const PickledStorage& storage) const;

    std::string where_;
    PickleTree tree_;
    std::unordered_map<std::string, std::span<const std::byte>> storages_;
};

}  // namespace dinoscope
