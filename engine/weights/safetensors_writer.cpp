#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/printable.h"
#include "engine/base/utf8.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope {

namespace {

constexpr std::size_t kAlignment = 64;

void check(const SafetensorsItem& tensor, const std::string& where) {
    const std::string described = "tensor " + printable(tensor.name) + " " + shapeText(tensor.shape);
    const auto count = elementCount(tensor.shape);
    const std::size_t size = elementSize(tensor.type);
    if (safetensorsName(tensor.type).empty()) {
        throw Error(described + " is " + std::string(name(tensor.type)) + ", which safetensors cannot hold",
                    where, "convert it to float32");
    }
    if (!count || static_cast<std::uint64_t>(*count) != tensor.bytes.size() / size ||
        tensor.bytes.size() % size != 0) {
        throw Error(described + " does not match its " + std::to_string(tensor.bytes.size()) + " bytes",
                    where);
    }
}

}  // namespace

void writeSafetensors(const std::filesystem::path& path, std::span<const SafetensorsItem> items,
                      const std::map<std::string, std::string>& metadata) {
    // Wide types first: each tensor is then aligned to its own type without holes, which the format forbids.
    std::vector<const SafetensorsItem*> order;
    std::unordered_set<std::string_view> names{"__metadata__"};
    for (const SafetensorsItem& tensor : items) {
        check(tensor, path.string());
        if (!names.insert(tensor.name).second) {
            throw Error("two tensors are named " + printable(tensor.name), path.string());
        }
        order.push_back(&tensor);
    }
    std::stable_sort(order.begin(), order.end(), [](const SafetensorsItem* a, const SafetensorsItem* b) {
        return elementSize(a->type) > elementSize(b->type);
    });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    // It describes, often by the name of a file, which JSON cannot hold whatever it is.
    for (const auto& [key, text] : metadata)
        header["__metadata__"][key] = isUtf8(text) ? text : printable(text, text.size());
    std::size_t offset = 0;
    for (const SafetensorsItem* tensor : order) {
        const std::size_t end = offset + tensor->bytes.size();
        header[tensor->name] = {{"dtype", safetensorsName(tensor->type)},
                                {"shape", tensor->shape},
                                {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        throw Error("a name or its metadata is not UTF-8", path.string());
    }
    while ((8 + text.size()) % kAlignment != 0)
        text += ' ';

    AtomicFile file(path);
    std::uint64_t size = text.size();
    unsigned char digits[8];
    for (unsigned char& digit : digits) {
        digit = static_cast<unsigned char>(size & 0xFF);
        size >>= 8;
    }
    file.write(digits, sizeof digits);
    file.write(text);
    for (const SafetensorsItem* tensor : order)
        file.write(tensor->bytes.data(), tensor->bytes.size());
    file.commit();
}

}  // namespace dinoscope
