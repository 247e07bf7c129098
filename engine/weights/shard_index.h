#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace dinoscope {

/// Which file of its folder holds which tensor: "model.safetensors.index.json", as transformers and this
/// program write it beside the shards of one state dict.
class ShardIndex {
public:
    /// A JSON object that has a weight_map.
    static bool looksLike(std::span<const std::byte> bytes);

    /// Shards are plain names, so that an index reaches no file outside its own folder. Errors name `where`.
    ShardIndex(std::span<const std::byte> bytes, const std::string& where);

    const std::map<std::string, std::string>& files() const { return files_; }  ///< tensor -> shard
    std::vector<std::string> shards() const;                                    ///< each once, by name

private:
    std::map<std::string, std::string> files_;
};

/// Writes an index of `files` (tensor -> shard) atomically; `bytes` is the size of all tensors.
void writeShardIndex(const std::filesystem::path& path, const std::map<std::string, std::string>& files,
                     std::size_t bytes);

}  // namespace dinoscope
