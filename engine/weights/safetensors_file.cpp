#include "engine/weights/safetensors_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/base/printable.h"

namespace dinoscope {

namespace {

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kMostTensors = 200'000;            // as of torch.save's files
constexpr std::size_t kMostDimensions = 16;
constexpr std::size_t kMostNameBytes = 1000;
constexpr const char* kMetadata = "__metadata__";

std::uint64_t headerSize(std::span<const std::byte> bytes) {
    std::uint64_t size = 0;
    for (std::size_t i = 8; i-- > 0;)
        size = size << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return size;
}

struct HeaderEntry {
    std::string name;
    std::string type;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> offsets;
    bool hasShape = false;
    bool hasOffsets = false;
};

/// Takes the header's JSON as it is read, and nothing that is not a header: {"name": {"dtype": "F32",
/// "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"key": "text"}}.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
    std::vector<HeaderEntry> entries;
    std::vector<std::pair<std::string, std::string>> metadata;
    std::string problem;

    bool start_object(std::size_t) override {
        if (inArray_) return refuse("an object stands in a list");
        if (depth_ == 1 && key_ == kMetadata) {
            inMetadata_ = true;
        } else if (depth_ == 1) {
            if (key_.size() > kMostNameBytes) return refuse("a name is too long");
            if (entries.size() >= kMostTensors) {
                return refuse("more than " + std::to_string(kMostTensors) + " tensors are listed");
            }
            entries.push_back({.name = key_, .type = {}, .shape = {}, .offsets = {}});
        } else if (depth_ != 0) {
            return refuse("objects are nested too deeply");
        }
        ++depth_;
        return true;
    }

    bool end_object() override {
        if (depth_ == 2 && !inMetadata_) {
            const HeaderEntry& entry = entries.back();
            if (entry.type.empty() || !entry.hasShape || !entry.hasOffsets || entry.offsets.size() != 2) {
                return refuse("tensor " + printable(entry.name) + " is described incompletely");
            }
        }
        inMetadata_ = false;
        --depth_;
        return true;
    }

    bool key(string_t& text) override {
        key_ = text;
        if (depth_ == 1 && !names_.insert(text).second) return refuse(printable(text) + " is there twice");
        return true;
    }

    bool start_array(std::size_t) override {
        if (depth_ != 2 || inMetadata_ || inArray_) return refuse("a list stands where none belongs");
        HeaderEntry& entry = entries.back();
        bool& seen = key_ == "shape" ? entry.hasShape : entry.hasOffsets;
        if ((key_ != "shape" && key_ != "data_offsets") || seen)
            return refuse("a list stands where none belongs");
        seen = inArray_ = true;
        return true;
    }

    bool end_array() override {
        inArray_ = false;
        return true;
    }

    bool number_unsigned(number_unsigned_t value) override {
        if (!inArray_) return refuse("a number stands where none belongs");
        if (value > static_cast<std::uint64_t>(INT64_MAX)) return refuse("a number is too large");
        HeaderEntry& entry = entries.back();
        std::vector<std::int64_t>& list = key_ == "shape" ? entry.shape : entry.offsets;
        list.push_back(static_cast<std::int64_t>(value));
        if (list.size() <= kMostDimensions) return true;
        return refuse("tensor " + printable(entry.name) + " has more than 16 dimensions");
    }

    bool string(string_t& text) override {
        if (depth_ == 2 && inMetadata_) {
            metadata.emplace_back(key_, text);
            return true;
        }
        if (depth_ != 2 || key_ != "dtype" || inArray_ || !entries.back().type.empty()) {
            return refuse("a text stands where none belongs");
        }
        entries.back().type = text;
        return true;
    }

    bool null() override { return refuse("null stands in it"); }
    bool boolean(bool) override { return refuse("a truth value stands in it"); }
    bool number_integer(number_integer_t) override { return refuse("a number is negative"); }
    bool number_float(number_float_t, const string_t&) override { return refuse("a number is not whole"); }
    bool binary(binary_t&) override { return refuse("binary data stands in it"); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("byte " + std::to_string(position + 8) + " breaks the JSON");
    }

private:
    bool refuse(std::string what) {
        problem = std::move(what);
        return false;
    }

    std::string key_;
    std::unordered_set<std::string> names_;
    int depth_ = 0;
    bool inArray_ = false;
    bool inMetadata_ = false;
};

}  // namespace

bool SafetensorsFile::looksLike(std::span<const std::byte> bytes) {
    return bytes.size() > 8 && headerSize(bytes) <= kMostHeaderBytes && bytes[8] == std::byte{'{'};
}

SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, const std::string& where) {
    const auto fail = [&](const std::string& problem) {
        throw Error("this safetensors file is damaged: " + problem, where, "download the file again");
    };
    if (!looksLike(bytes)) fail("it has no header");
    const std::uint64_t size = headerSize(bytes);
    if (size > bytes.size() - 8) fail("it is cut short");
    const auto* text = reinterpret_cast<const char*>(bytes.data()) + 8;
    HeaderReader header;
    if (!nlohmann::json::sax_parse(text, text + size, &header)) fail("in its header " + header.problem);

    const std::span<const std::byte> data = bytes.subspan(8 + static_cast<std::size_t>(size));
    std::vector<std::pair<std::int64_t, std::int64_t>> pieces;
    for (HeaderEntry& entry : header.entries) {
        const auto count = elementCount(entry.shape);
        const std::int64_t begin = entry.offsets[0];
        const std::int64_t end = entry.offsets[1];
        if (begin > end || static_cast<std::uint64_t>(end) > data.size()) {
            fail("the data of tensor " + printable(entry.name) + " lies outside the file");
        }
        const ElementType type = elementTypeOfSafetensors(entry.type);
        // Types newer than this program are kept to be listed, and refused when they are asked for.
        const auto width = static_cast<std::int64_t>(elementSize(type));
        std::int64_t needed = 0;
        if (!count || __builtin_mul_overflow(*count, width, &needed) ||
            (width > 0 && needed != end - begin)) {
            fail("tensor " + printable(entry.name) + " does not fill its shape " + shapeText(entry.shape));
        }
        pieces.emplace_back(begin, end);
        TensorView view{type, entry.shape, contiguousStrides(entry.shape), {}};
        view.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
        entries_.push_back({std::move(entry.name), std::move(view)});
    }
    std::sort(pieces.begin(), pieces.end());
    std::int64_t expected = 0;
    for (const auto& [begin, end] : pieces) {
        if (begin != expected) fail("its tensors overlap, or leave holes");
        expected = end;
    }
    if (static_cast<std::uint64_t>(expected) != data.size()) fail("it is not as long as its header says");
    metadata_ = std::move(header.metadata);
}

}  // namespace dinoscope
