#include "engine/weights/shard_index.h"

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
constexpr std::size_t kMostNameBytes = 1000;  // of a tensor, as everywhere
constexpr std::size_t kMostFileNameBytes = 255;
constexpr const char* kMap = "weight_map";

bool isPlainName(std::string_view name) {
    return !name.empty() && name.size() <= kMostFileNameBytes && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// Takes the weight_map as it is read, and passes over the rest whatever it is: a tree of it would take a
/// hundred times its bytes, and its end recursion as deep as it is nested.
class IndexReader : public nlohmann::json_sax<nlohmann::json> {
public:
    std::map<std::string, std::string> files;
    std::string problem;

    bool start_object(std::size_t) override {
        if (inMap_) return refuseValue();
        inMap_ = depth_ == 1 && key_ == kMap;
        ++depth_;
        return true;
    }

    bool end_object() override {
        inMap_ = false;
        --depth_;
        return true;
    }

    bool key(string_t& text) override {
        if (depth_ == 1 || inMap_) key_ = text;
        return true;
    }

    bool start_array(std::size_t) override {
        if (inMap_) return refuseValue();
        ++depth_;
        return true;
    }

    bool end_array() override {
        --depth_;
        return true;
    }

    bool string(string_t& text) override {
        if (!inMap_) return true;
        if (key_.size() > kMostNameBytes) return refuse("the name of a tensor is too long");
        if (!isPlainName(text)) return refuse(printable(text) + " is not the name of a file beside it");
        if (!files.emplace(key_, text).second) return refuse(printable(key_) + " is there twice");
        if (files.size() <= kMostTensors) return true;
        return refuse("it lists more than " + std::to_string(kMostTensors) + " tensors");
    }

    bool null() override { return passOver(); }
    bool boolean(bool) override { return passOver(); }
    bool number_integer(number_integer_t) override { return passOver(); }
    bool number_unsigned(number_unsigned_t) override { return passOver(); }
    bool number_float(number_float_t, const string_t&) override { return passOver(); }
    bool binary(binary_t&) override { return passOver(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("it is no JSON");
    }

private:
    bool passOver() { return !inMap_ || refuseValue(); }
    bool refuseValue() { return refuse("the shard of " + printable(key_) + " is no name"); }
    bool refuse(std::string what) {
        problem = std::move(what);
        return false;
    }

    std::string key_;
    std::size_t depth_ = 0;
    bool inMap_ = false;
};

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
    IndexReader reader;
    if (!nlohmann::json::sax_parse(text, text + bytes.size(), &reader)) fail(reader.problem);
    files_ = std::move(reader.files);
    if (files_.empty()) fail("it has no weight_map");
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
