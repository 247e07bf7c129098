#include "engine/weights/pickle_writer.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/weights/tensor_view.h"
#include "engine/weights/zip_writer.h"

namespace dinoscope {

namespace {

/// Of the classes that name a storage's type; none for types that torch keeps in untyped storages only.
std::string_view storageClass(ElementType type) {
    switch (type) {
        case ElementType::F64:
            return "DoubleStorage";
        case ElementType::F32:
            return "FloatStorage";
        case ElementType::F16:
            return "HalfStorage";
        case ElementType::BF16:
            return "BFloat16Storage";
        case ElementType::I64:
            return "LongStorage";
        case ElementType::I32:
            return "IntStorage";
        case ElementType::I16:
            return "ShortStorage";
        case ElementType::I8:
            return "CharStorage";
        case ElementType::U8:
            return "ByteStorage";
        case ElementType::Bool:
            return "BoolStorage";
        default:
            return {};
    }
}

/// As os.fsdecode() does: a byte that is no UTF-8 becomes the surrogate U+DC00 + byte, which pickles can
/// hold.
std::string decodedLikePython(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        const std::size_t length = utf8Length(text);
        if (length > 0) {
            decoded += text.substr(0, length);
        } else {
            const auto byte = static_cast<unsigned char>(text[0]);
            decoded += '\xED';
            decoded += static_cast<char>(0xB0 | byte >> 6);
            decoded += static_cast<char>(0x80 | (byte & 0x3F));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return decoded;
}

}  // namespace

/// Turns a value into a pickle of protocol 2, and lists the tensors in the order of their storages' keys.
class PickleWriter {
public:
    explicit PickleWriter(const std::string& where) : where_(where) {}

    std::string write(const TorchValue& value) {
        bytes_ = "\x80\x02";
        put(value);
        return std::move(bytes_) + '.';
    }
    const std::vector<const TorchTensor*>& tensors() const { return tensors_; }

private:
    void put(const TorchValue& value) {
        std::visit([this](const auto& held) { put(held); }, value.value_);
    }
    void put(std::monostate) { bytes_ += 'N'; }
    void put(bool value) { bytes_ += value ? '\x88' : '\x89'; }
    void put(std::int64_t value);
    void put(double value);
    void put(const std::string& value);
    void put(const TorchTensor& tensor);
    void put(const TorchValue::List& list);
    void put(const TorchValue::Tuple& tuple) { putTuple(tuple.items); }
    void put(const TorchValue::Dict& dict);
    void put(const TorchValue::Namespace& space);

    void putTuple(const TorchValue::Items& items);
    void putEntries(const TorchValue::Entries& entries);
    void putSizes(const std::vector<std::int64_t>& sizes);
    void putGlobal(const std::string& module, const std::string& name);
    void putEmptyOrderedDict();
    void putLittleEndian(std::uint64_t value, std::size_t width);

    const std::string& where_;
    std::string bytes_;
    std::map<std::string, std::uint8_t> memo_;  ///< globals
    std::vector<const TorchTensor*> tensors_;
};

void PickleWriter::putLittleEndian(std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i)
        bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
}

void PickleWriter::put(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0 && value < 256) {
        bytes_ += 'K';
        putLittleEndian(bits, 1);
    } else if (value >= std::numeric_limits<std::int32_t>::min() &&
               value <= std::numeric_limits<std::int32_t>::max()) {
        bytes_ += 'J';
        putLittleEndian(bits, 4);
    } else {
        bytes_ += '\x8A';
        bytes_ += '\x08';
        putLittleEndian(bits, 8);
    }
}

void PickleWriter::put(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    bytes_ += 'G';
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes_ += static_cast<char>(bits >> shift & 0xFF);
}

void PickleWriter::put(const std::string& value) {
    const std::string text = decodedLikePython(value);
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) throw Error("a text is too long", where_);
    bytes_ += 'X';
    putLittleEndian(text.size(), 4);
    bytes_ += text;
}

void PickleWriter::putGlobal(const std::string& module, const std::string& name) {
    const auto [slot, isNew] = memo_.emplace(module + '\n' + name, static_cast<std::uint8_t>(memo_.size()));
    if (isNew) {
        bytes_ += 'c' + module + '\n' + name + "\nq";
    } else {
        bytes_ += 'h';
    }
    putLittleEndian(slot->second, 1);
}

void PickleWriter::putEmptyOrderedDict() {
    putGlobal("collections", "OrderedDict");
    bytes_ += ")R";
}

void PickleWriter::putTuple(const TorchValue::Items& items) {
    if (items.empty()) {
        bytes_ += ')';
        return;
    }
    bytes_ += '(';
    for (const TorchValue& item : items)
        put(item);
    bytes_ += 't';
}

void PickleWriter::putSizes(const std::vector<std::int64_t>& sizes) {
    putTuple(TorchValue::Items(sizes.begin(), sizes.end()));
}

void PickleWriter::put(const TorchValue::List& list) {
    bytes_ += "](";
    for (const TorchValue& item : list.items)
        put(item);
    bytes_ += 'e';
}

void PickleWriter::put(const TorchValue::Dict& dict) {
    if (dict.ordered) {
        putEmptyOrderedDict();
    } else {
        bytes_ += '}';
    }
    putEntries(dict.entries);
}

/// Named class, no arguments, a new object; then a dict that becomes its attributes.
void PickleWriter::put(const TorchValue::Namespace& space) {
    putGlobal("argparse", "Namespace");
    bytes_ += ")\x81}";
    putEntries(space.attributes);
    bytes_ += 'b';
}

/// Into the dict that was put last.
void PickleWriter::putEntries(const TorchValue::Entries& entries) {
    bytes_ += '(';
    for (const auto& [key, value] : entries) {
        put(key);
        put(value);
    }
    bytes_ += 'u';
}

/// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks), the storage by its
/// persistent id ('storage', class, key, location, elements).
void PickleWriter::put(const TorchTensor& tensor) {
    const std::string described =
        "a tensor of " + std::string(name(tensor.type)) + " " + shapeText(tensor.sizes);
    const std::string_view storage = storageClass(tensor.type);
    if (storage.empty())
        throw Error(described + " has no storage class in torch", where_, "convert it first");
    const std::optional<std::int64_t> count = elementCount(tensor.sizes);
    if (!count) throw Error(described + " has an impossible shape", where_);
    putGlobal("torch._utils", "_rebuild_tensor_v2");
    bytes_ += "((";
    put(std::string("storage"));
    putGlobal("torch", std::string(storage));
    put(std::to_string(tensors_.size()));
    put(std::string("cpu"));
    put(*count);
    bytes_ += "tQ";
    put(std::int64_t{0});
    putSizes(tensor.sizes);
    putSizes(contiguousStrides(tensor.sizes));
    put(false);
    putEmptyOrderedDict();
    bytes_ += "tR";
    tensors_.push_back(&tensor);
}

void writeTorchFile(const std::filesystem::path& path, const TorchValue& value, std::uint64_t zip64From) {
    const std::string where = path.string();
    PickleWriter pickle(where);
    const std::string bytes = pickle.write(value);
    AtomicFile file(path);
    ZipWriter zip(file, zip64From);
    const auto add = [&zip](const std::string& name, std::string_view text) {
        zip.add("archive/" + name, std::as_bytes(std::span(text)));
    };
    add("data.pkl", bytes);
    add("byteorder", "little");
    for (std::size_t i = 0; i < pickle.tensors().size(); ++i) {
        const TorchTensor& tensor = *pickle.tensors()[i];
        const std::span<const std::byte> data = tensor.fetch ? tensor.fetch() : tensor.bytes;
        const auto expected =
            static_cast<std::uint64_t>(*elementCount(tensor.sizes)) * elementSize(tensor.type);
        if (data.size() != expected) {
            throw Error("a tensor of " + std::string(name(tensor.type)) + " " + shapeText(tensor.sizes) +
                            " does not match its " + std::to_string(data.size()) + " bytes",
                        where);
        }
        zip.add("archive/data/" + std::to_string(i), data);
    }
    add("version", "3\n");
    zip.finish();
    file.commit();
}

}  // namespace dinoscope
