#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/weights/tensor_view.h"

namespace dinoscope {

class SafetensorsFile;
class TorchFile;

/// Enough of a tensor to list it without touching its data.
struct TensorEntry {
    std::string name;
    ElementType type = ElementType::Unknown;
    std::vector<std::int64_t> shape;
};

/// What stands for a tensor in a way that is not read.
struct UnreadTensor {
    std::string name;
    std::string kind;  ///< as in "it is …": "a numpy array", "quantised", "sparse"
};

/// The tensors below one key of a checkpoint; `key` is empty for those at its top.
struct TensorGroup {
    std::string key;
    std::vector<TensorEntry> tensors;  ///< in the order of the file
    std::vector<UnreadTensor> unread;
};

/// A weights file of any format, told by its content and not by its name: torch.save's zip and legacy format,
/// safetensors, and the index of safetensors shards, which are then read as one file. Mapped, so that opening
/// one of gigabytes reads kilobytes. What is no weights file is an Error that says what it seems to be.
class Checkpoint {
public:
    explicit Checkpoint(const std::filesystem::path& path);
    /// The same from memory that outlives the checkpoint; `name` is what errors call it. An index has no
    /// shards there, and is refused.
    Checkpoint(std::span<const std::byte> bytes, std::string name);
    ~Checkpoint();

    const std::string& name() const { return name_; }
    const std::string& format() const { return format_; }  ///< "torch zip", "torch legacy", "safetensors"

    const std::vector<TensorGroup>& groups() const { return groups_; }
    const TensorGroup* group(const std::string& key) const;

    /// Other values at the top: names only ("optimizer", "epoch", "args").
    const std::vector<std::string>& others() const { return others_; }
    std::optional<std::int64_t> epoch() const { return epoch_; }
    /// `args` of a training checkpoint, or the metadata of a safetensors file, as text.
    const std::vector<std::pair<std::string, std::string>>& options() const { return options_; }

    TensorView view(const TensorGroup& group, std::size_t index) const;

    /// The whole of a file of torch.save; null for safetensors.
    const TorchFile* torchFile() const { return torch_.get(); }

    /// The files that hold the tensors: the checkpoint itself, or its shards by name. Empty when opened from
    /// memory.
    const std::vector<std::filesystem::path>& files() const { return files_; }
    /// What keeps a view alive; empty when opened from memory.
    const std::shared_ptr<const MappedFile>& mapping(const TensorGroup& group, std::size_t index) const;

    /// Throws Error where a file was cut short while it was read: some of what was read is not in it.
    void requireWhole() const;

private:
    /// Where a tensor lies: in which of the files, and where in that file's own list.
    struct Record {
        std::size_t part = 0;
        std::size_t index = 0;
    };

    void open(std::span<const std::byte> bytes);
    void openShards(std::span<const std::byte> index);
    void listTorch();
    void listSafetensors();
    const Record& record(const TensorGroup& group, std::size_t index) const;

    std::string name_;
    std::string format_;
    std::vector<std::filesystem::path> files_;
    std::vector<std::shared_ptr<const MappedFile>> mappings_;  ///< one of nothing from memory
    std::unique_ptr<const TorchFile> torch_;
    std::vector<std::unique_ptr<const SafetensorsFile>> safetensors_;
    std::vector<TensorGroup> groups_;
    std::vector<std::vector<Record>> records_;  ///< [group][tensor]
    std::vector<std::string> others_;
    std::optional<std::int64_t> epoch_;
    std::vector<std::pair<std::string, std::string>> options_;
};

}  // namespace dinoscope
