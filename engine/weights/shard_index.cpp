#include "engine/weights/shard_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/printable.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostBytes = 64'000'000;
constexpr std::size_t kMostTensors = 200'000;
constexpr std::size_t kMostShards = 1000;
constexpr std::size_t kMostNameBytes = 255;
constexpr const char* kMap = "weight_map";

bool isPlainName(std::string_view name) {
    return !name.empty() && name.size() <= kMostNameBytes && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

}  // namespace

bool ShardIndex::looksLike(std::span<const std::byte> bytes) {
    if (bytes.size() > kMostBytes) return false;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' &&
           text.find("\"weight_map\"") != std::string_view::npos;
}

ShardIndex::ShardIndex(std::span<const std::byte> bytes, const std::string& where) {
    const auto fail = [&](const std::string& problem) {
        throw Error("this index of shards is damaged: " + problem, where, "download the file again");
    };
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const nlohmann::json document = nlohmann::json::parse(text, text + bytes.size(), nullptr, false);
    if (document.is_discarded()) fail("it is no JSON");
    const auto map = document.is_object() ? document.find(kMap) : document.end();
    if (map == document.end() || !map->is_object() || map->empty()) fail("it has no weight_map");
    if (map->size() > kMostTensors) fail("it lists more than " + std::to_string(kMostTensors) + " tensors");
    for (const auto& [tensor, file] : map->items()) {
        if (!file.is_string()) fail("the shard of " + printable(tensor) + " is no name");
        const auto& name = file.get_ref<const std::string&>();
        if (!isPlainName(name)) fail(printable(name) + " is not the name of a file beside it");
        files_.emplace(tensor, name);
    }
    if (shards().size() > kMostShards) fail("it lists more than " + std::to_string(kMostShards) + " shards");
}

std::vector<std::string> ShardIndex::shards() const {
    std::set<std::string> names;
    for (const auto& [tensor, file] : files_)
        names.insert(file);
    return {names.begin(), names.end()};
}

void writeShardIndex(const std::filesystem::path& path, const std::map<std::string, std::string>& files,
                     std::size_t bytes) {
    const nlohmann::ordered_json document{{"metadata", {{"total_size", bytes}}}, {kMap, files}};
    AtomicFile file(path);
    file.write(document.dump(2) + "\n");
    file.commit();
}

}  // namespace dinoscope
