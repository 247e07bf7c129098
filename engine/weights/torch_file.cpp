#include "engine/weights/torch_file.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/printable.h"
#include "engine/weights/unpickler.h"
#include "engine/weights/zip_archive.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostPickleBytes = std::size_t{256} << 20;
constexpr const char* kAgain = "download the file again, or save it anew with torch.save";

constexpr std::string_view kMagicHex = "0x1950a86a20f9469cfc6c";
constexpr std::string_view kMagicDecimal = "119547037146038801333356";
constexpr std::int64_t kLegacyProtocol = 1001;

/// The folder inside the zip that holds data.pkl: "archive/", or "" where someone packed its content anew.
std::string rootFolder(const ZipArchive& archive, const std::string& where) {
    std::optional<std::string> root;
    for (const ZipEntry& entry : archive.entries()) {
        const std::size_t slash = entry.name.find('/');
        const std::string folder =
            slash == std::string::npos ? std::string() : entry.name.substr(0, slash + 1);
        if (entry.name != folder + "data.pkl") continue;
        if (root) throw Error("this zip file holds more than one data.pkl", where, kAgain);
        root = folder;
    }
    if (!root) {
        throw Error("this zip file holds no data.pkl, so torch.save did not write it", where,
                    "choose a .pth, .pt or .safetensors file");
    }
    if (archive.find(*root + "constants.pkl")) {
        throw Error("this is a TorchScript program, not a state dict", where,
                    "load it in Python and save its state_dict()");
    }
    return *root;
}

std::int64_t readCount(std::span<const std::byte> bytes, std::size_t position) {
    std::int64_t count = 0;
    std::memcpy(&count, bytes.data() + position, sizeof count);
    return count;
}

}  // namespace

bool TorchFile::looksLikeZip(std::span<const std::byte> bytes) {
    return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\3\4", 4) == 0;
}

bool TorchFile::looksLikeLegacy(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5};
}

TorchFile TorchFile::openZip(std::span<const std::byte> bytes, const std::string& where) {
    const ZipArchive archive(bytes, where);
    const std::string root = rootFolder(archive, where);
    const ZipEntry* order = archive.find(root + "byteorder");
    if (order && archive.read(*order, 100) != "little") {
        throw Error("this file was written on a big-endian machine", where,
                    "load it with torch.load there and save it on a common one");
    }
    TorchFile file(where);
    const std::string pickle = archive.read(*archive.find(root + "data.pkl"), kMostPickleBytes);
    file.tree_ = Unpickler::read(std::as_bytes(std::span(pickle)), where);
    for (const PickledStorage& storage : file.tree_.storages()) {
        if (file.storages_.contains(storage.key)) continue;
        const ZipEntry* entry = archive.find(root + "data/" + storage.key);
        if (!entry)
            throw Error("the data of storage " + printable(storage.key) + " is missing", where, kAgain);
        file.storages_.emplace(storage.key, archive.stored(*entry));
    }
    file.checkTensors();
    return file;
}

/// Five pickles, one after the other (magic number, protocol, system, the object, keys of storages), then the
/// storages in the order of their keys.
TorchFile TorchFile::openLegacy(std::span<const std::byte> bytes, const std::string& where) {
    std::size_t position = 0;
    const auto next = [&] {
        PickleTree tree = Unpickler::read(bytes.subspan(position), where);
        position += tree.encodedSize();
        return tree;
    };
    const PickleTree magic = next();
    if (!magic.root().is(PickleKind::BigInt) ||
        (magic.root().text() != kMagicHex && magic.root().text() != kMagicDecimal)) {
        throw Error("this is a pickle, but not one that torch.save wrote", where,
                    "save the state dict with torch.save");
    }
    const PickleTree protocol = next();
    if (!protocol.root().is(PickleKind::Int) || protocol.root().integer() != kLegacyProtocol) {
        throw Error("this file is written in an unknown version of torch.save's format", where,
                    "load it with torch.load and save it anew");
    }
    const PickleTree system = next();
    const auto little = system.root().find("little_endian");
    if (little && !little->boolean()) {
        throw Error("this file was written on a big-endian machine", where,
                    "load it with torch.load there and save it on a common one");
    }
    TorchFile file(where);
    file.tree_ = next();
    const PickleTree keys = next();
    file.readLegacyStorages(bytes, position, keys);
    file.checkTensors();
    return file;
}

void TorchFile::readLegacyStorages(std::span<const std::byte> bytes, std::size_t position,
                                   const PickleTree& keys) {
    std::unordered_map<std::string_view, std::size_t> sizes;
    for (const PickledStorage& storage : tree_.storages())
        sizes.emplace(storage.key, elementSize(storage.type));
    const PickleValue list = keys.root();
    for (std::size_t i = 0; i < list.size() && list.is(PickleKind::List); ++i) {
        const std::string& key = list.item(i).text();
        const auto found = sizes.find(key);
        if (found == sizes.end() || found->second == 0) {
            throw Error("the type of storage " + printable(key) + " is unknown", where_, kAgain);
        }
        if (bytes.size() - position < sizeof(std::int64_t)) {
            throw Error("the file is cut short", where_, "download it again");
        }
        const std::int64_t count = readCount(bytes, position);
        position += sizeof(std::int64_t);
        if (count < 0 || static_cast<std::uint64_t>(count) > (bytes.size() - position) / found->second) {
            throw Error("the file is cut short", where_, "download it again");
        }
        const std::size_t size = static_cast<std::size_t>(count) * found->second;
        if (!storages_.emplace(key, bytes.subspan(position, size)).second) {
            throw Error("storage " + printable(key) + " is there twice", where_, kAgain);
        }
        position += size;
    }
}

void TorchFile::checkTensors() const {
    for (const PickledTensor& tensor : tree_.tensors()) {
        const PickledStorage& storage = tree_.storages()[tensor.storage];
        const auto reached = reachedElements(tensor.sizes, tensor.strides);
        std::int64_t end = 0;
        if (!reached || __builtin_add_overflow(tensor.offset, *reached, &end)) {
            throw Error("a tensor of shape " + shapeText(tensor.sizes) + " has impossible strides", where_,
                        kAgain);
        }
        const std::size_t size = elementSize(tensor.type);
        if (size == 0) continue;  // refused when it is asked for
        if (static_cast<std::uint64_t>(end) > storageBytes(storage).size() / size) {
            throw Error("a tensor of shape " + shapeText(tensor.sizes) + " reaches beyond its data", where_,
                        kAgain);
        }
    }
}

/// The window of its key's bytes that a storage is; its length is checked against what the pickle promised.
std::span<const std::byte> TorchFile::storageBytes(const PickledStorage& storage) const {
    const auto found = storages_.find(storage.key);
    if (found == storages_.end()) {
        throw Error("the data of storage " + printable(storage.key) + " is missing", where_, kAgain);
    }
    const std::size_t size = elementSize(storage.type);
    if (size == 0) return {};
    const std::uint64_t there = found->second.size() / size;
    const auto offset = static_cast<std::uint64_t>(storage.offset);
    const auto count = static_cast<std::uint64_t>(storage.count);
    if (offset > there || count > there - offset) {
        throw Error("storage " + printable(storage.key) + " is shorter than it should be", where_, kAgain);
    }
    return found->second.subspan(static_cast<std::size_t>(offset) * size,
                                 static_cast<std::size_t>(count) * size);
}

TensorView TorchFile::view(const PickledTensor& tensor, std::string_view tensorName) const {
    const std::size_t size = elementSize(tensor.type);
    if (size == 0) {
        throw Error("tensor " + printable(tensorName) + " is of a type that is not read (quantised?)", where_,
                    "save it as float32");
    }
    const std::span<const std::byte> storage = storageBytes(tree_.storages()[tensor.storage]);
    const std::int64_t count = elementCount(tensor.sizes).value();
    const std::int64_t reached = reachedElements(tensor.sizes, tensor.strides).value();
    if (static_cast<std::uint64_t>(count) > storage.size() / size) {
        throw Error("tensor " + printable(tensorName) + " claims more elements than its data has", where_,
                    "save a contiguous() copy of it");
    }
    const std::size_t offset = reached == 0 ? 0 : static_cast<std::size_t>(tensor.offset) * size;
    return {tensor.type, tensor.sizes, tensor.strides,
            storage.subspan(offset, static_cast<std::size_t>(reached) * size)};
}

}  // namespace dinoscope
