#include "engine/weights/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/base/printable.h"
#include "engine/weights/pickle_tree.h"
#include "engine/weights/safetensors_file.h"
#include "engine/weights/shard_index.h"
#include "engine/weights/torch_file.h"
#include "engine/weights/training_checkpoint_format.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostTensors = 200'000;  // over all groups: a dict can be reached under many keys
constexpr std::size_t kMostScanned = 4'000'000;
constexpr std::size_t kMostNameBytes = 1000;
constexpr std::size_t kMostOptions = 500;
constexpr std::size_t kMostOptionBytes = 300;

/// A number, text or short list as a person would write it. `steps` bounds the work: values may be shared and
/// nested without end.
std::string optionText(const PickleValue& value, int& steps, int depth = 0) {
    if (--steps < 0 || depth > 4) return "…";
    switch (value.kind()) {
        case PickleKind::None:
            return "none";
        case PickleKind::Bool:
            return value.boolean() ? "true" : "false";
        case PickleKind::Int:
            return std::to_string(value.integer());
        case PickleKind::Float: {
            // As Python prints it: 0.0005, but 5e-05.
            const double size = std::abs(value.real());
            const bool plain = value.real() == 0 || (size >= 1e-4 && size < 1e16);
            char digits[40];
            char* end = digits + sizeof digits;
            return {digits, plain ? std::to_chars(digits, end, value.real(), std::chars_format::fixed).ptr
                                  : std::to_chars(digits, end, value.real()).ptr};
        }
        case PickleKind::BigInt:
        case PickleKind::Text:
            return printable(value.text(), kMostOptionBytes);
        case PickleKind::List:
        case PickleKind::Tuple: {
            std::string text = "[";
            for (std::size_t i = 0; i < value.size() && text.size() < kMostOptionBytes; ++i) {
                text += (i > 0 ? ", " : "") + optionText(value.item(i), steps, depth + 1);
            }
            return text + "]";
        }
        case PickleKind::Opaque: {
            // An enum or a path is a call with one plain argument.
            const PickleValue arguments = value.arguments();
            if (arguments.size() == 1) return optionText(arguments.item(0), steps, depth + 1);
            return "<" + printable(value.text()) + ">";
        }
        default:
            return "<data>";
    }
}

/// The entries of a dict, or the attributes of an object such as argparse.Namespace.
std::vector<std::pair<std::string, std::string>> optionsOf(const PickleValue& arguments) {
    std::vector<std::pair<std::string, std::string>> options;
    const auto state = arguments.state();
    const PickleValue& dict = state ? *state : arguments;
    int steps = 10'000;
    for (std::size_t i = 0; i < dict.size() && dict.is(PickleKind::Dict) && i < kMostOptions; ++i) {
        if (!dict.key(i).is(PickleKind::Text)) continue;
        options.emplace_back(printable(dict.key(i).text()), optionText(dict.value(i), steps));
    }
    return options;
}

/// UnreadTensor::kind of what was not called; empty where it is no tensor at all.
std::string unreadKind(const PickleValue& value, bool inParameter = false) {
    if (!value.is(PickleKind::Opaque)) return {};
    const std::string_view name = value.text();
    const auto rebuilds = [&](std::string_view what) {
        return name.starts_with("torch._utils._rebuild_" + std::string(what));
    };
    if (rebuilds("parameter") && !inParameter) {
        const PickleValue arguments = value.arguments();
        return arguments.size() > 0 ? unreadKind(arguments.item(0), true) : std::string();
    }
    if (name.starts_with("numpy") && (name.ends_with("._reconstruct") || name.ends_with("._frombuffer"))) {
        return "a numpy array";
    }
    if (rebuilds("qtensor")) return "quantised";
    if (rebuilds("sparse")) return "sparse";
    if (rebuilds("meta_tensor")) return "of the meta device, without its numbers";
    return rebuilds("") ? "of a kind that is not read" : std::string();
}

/// A file without a tensor that has a name.
[[noreturn]] void refuseRoot(const PickleValue& root, const std::string& name) {
    const auto isTensor = [](const PickleValue& value) { return value.is(PickleKind::Tensor); };
    std::string problem = "there are no tensors in this file";
    if (isTensor(root)) {
        problem = "this file holds a single tensor without a name";
    } else if (root.is(PickleKind::List) || root.is(PickleKind::Tuple)) {
        problem = "this file holds a list of length " + std::to_string(root.size()) + ", not a state dict";
    }
    for (std::size_t i = 0; i < root.size() && root.is(PickleKind::Dict); ++i) {
        if (isTensor(root.value(i)) && !root.key(i).is(PickleKind::Text))
            problem = "the tensors in this file are not named by texts";
    }
    throw Error(problem, name, "save the network's state_dict(), a dictionary of names and tensors");
}

/// "pytorch_model.bin.index.json" lists shards as well, in torch.save's format.
void requireSafetensors(std::span<const std::byte> shard, const std::string& index) {
    if (SafetensorsFile::looksLike(shard)) return;
    if (!TorchFile::looksLikeZip(shard) && !TorchFile::looksLikeLegacy(shard)) return;
    throw Error("its shards are files of torch.save, and only shards of safetensors are read", index,
                "save the model anew in Python with save_pretrained(folder), which writes safetensors");
}

[[noreturn]] void refuseContent(std::span<const std::byte> bytes, const std::string& name) {
    if (bytes.empty()) throw Error("the file is empty", name, "download it again");
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                                 std::min<std::size_t>(bytes.size(), 512));
    const std::size_t first = start.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && start[first] == '<') {
        throw Error("this is a web page, not a weights file", name, "download the file itself");
    }
    if (start.starts_with("version https://git-lfs")) {
        throw Error("this is a Git LFS pointer, not the weights file itself", name,
                    "fetch it with git lfs pull");
    }
    throw Error("this is not a weights file (neither torch.save's formats nor safetensors)", name,
                "choose a .pth, .pt or .safetensors file");
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& path) : name_(path.string()) {
    auto mapping = std::make_shared<const MappedFile>(path);
    if (ShardIndex::looksLike(mapping->bytes())) {
        openShards(mapping->bytes());
        return;
    }
    files_.push_back(path);
    mappings_.push_back(std::move(mapping));
    open(mappings_.front()->bytes());
}

Checkpoint::Checkpoint(std::span<const std::byte> bytes, std::string name)
    : name_(std::move(name)), mappings_(1) {
    open(bytes);
}

Checkpoint::~Checkpoint() = default;

void Checkpoint::open(std::span<const std::byte> bytes) {
    if (TorchFile::looksLikeZip(bytes)) {
        format_ = "torch zip";
        torch_ = std::make_unique<const TorchFile>(TorchFile::openZip(bytes, name_));
        listTorch();
    } else if (SafetensorsFile::looksLike(bytes)) {
        format_ = "safetensors";
        safetensors_.push_back(std::make_unique<const SafetensorsFile>(bytes, name_));
        listSafetensors();
    } else if (TorchFile::looksLikeLegacy(bytes)) {
        format_ = "torch legacy";
        torch_ = std::make_unique<const TorchFile>(TorchFile::openLegacy(bytes, name_));
        listTorch();
    } else {
        refuseContent(bytes, name_);
    }
}

/// All tensors of the index or none: each must lie where the index says, and no shard may hold another.
void Checkpoint::openShards(std::span<const std::byte> index) {
    const ShardIndex shards(index, name_);
    format_ = "safetensors";
    std::size_t found = 0;
    for (const std::string& shard : shards.shards()) {
        const std::filesystem::path file = std::filesystem::path(name_).parent_path() / shard;
        const auto& mapping = mappings_.emplace_back(std::make_shared<const MappedFile>(file));
        files_.push_back(file);
        requireSafetensors(mapping->bytes(), name_);
        const auto& read = safetensors_.emplace_back(
            std::make_unique<const SafetensorsFile>(mapping->bytes(), file.string()));
        for (const SafetensorsFile::Entry& entry : read->entries()) {
            const auto place = shards.files().find(entry.name);
            if (place == shards.files().end() || place->second != shard) {
                throw Error("tensor " + printable(entry.name) + " is not where " +
                                std::filesystem::path(name_).filename().string() + " says",
                            file.string(), "download the index and all shards again");
            }
        }
        found += read->entries().size();
    }
    if (found != shards.files().size()) {
        throw Error("its shards hold " + std::to_string(found) + " of the " +
                        std::to_string(shards.files().size()) + " tensors that it lists",
                    name_, "download the index and all shards again");
    }
    listSafetensors();
}

const TensorGroup* Checkpoint::group(const std::string& key) const {
    for (const TensorGroup& candidate : groups_) {
        if (candidate.key == key) return &candidate;
    }
    return nullptr;
}

void Checkpoint::listTorch() {
    const PickleValue root = torch_->tree().root();
    if (root.is(PickleKind::Opaque)) {
        throw Error("this file holds a Python object (" + printable(root.text()) + "), not a state dict",
                    name_, "load it in Python and save its state_dict()");
    }
    refuseNewerTraining(root, name_);
    std::size_t total = 0;
    std::size_t scanned = 0;
    const auto add = [&](const std::string& key, const PickleValue& dict) {
        TensorGroup found{key, {}, {}};
        std::vector<Record> records;
        std::unordered_set<std::string_view> names;
        scanned += dict.size();
        if (scanned > kMostScanned) throw Error("its dictionaries share too many entries", name_);
        for (std::size_t i = 0; i < dict.size(); ++i) {
            if (!dict.key(i).is(PickleKind::Text)) continue;
            const bool isTensor = dict.value(i).is(PickleKind::Tensor);
            std::string unread = unreadKind(dict.value(i));
            if (!isTensor && unread.empty()) continue;
            const std::string& tensorName = dict.key(i).text();
            if (tensorName.size() > kMostNameBytes) {
                throw Error("the name of a tensor is too long (" + printable(tensorName) + ")", name_);
            }
            if (!names.insert(tensorName).second) {
                throw Error("two tensors are named " + printable(tensorName), name_,
                            "download the file again");
            }
            if (++total > kMostTensors) {
                throw Error("it lists more than " + std::to_string(kMostTensors) + " tensors", name_);
            }
            if (!isTensor) {
                found.unread.push_back({tensorName, std::move(unread)});
                continue;
            }
            const PickledTensor& tensor = dict.value(i).tensor();
            found.tensors.push_back({tensorName, tensor.type, tensor.sizes});
            records.push_back({0, static_cast<std::size_t>(&tensor - torch_->tree().tensors().data())});
        }
        if (found.tensors.empty() && found.unread.empty()) return false;
        groups_.push_back(std::move(found));
        records_.push_back(std::move(records));
        return true;
    };
    if (root.is(PickleKind::Dict)) add("", root);
    std::unordered_set<std::string_view> keys;
    for (std::size_t i = 0; i < root.size() && root.is(PickleKind::Dict); ++i) {
        if (!root.key(i).is(PickleKind::Text) || root.value(i).is(PickleKind::Tensor)) continue;
        const std::string& key = root.key(i).text();
        if (key.empty() || key.size() > kMostNameBytes || !keys.insert(key).second) continue;
        const PickleValue value = root.value(i);
        if (value.is(PickleKind::Dict) && add(key, value)) continue;
        if (others_.size() < kMostOptions) others_.push_back(key);
        if (key == "epoch" && value.is(PickleKind::Int)) epoch_ = value.integer();
        if (key == "args") options_ = optionsOf(value);
    }
    if (groups_.empty()) refuseRoot(root, name_);
}

void Checkpoint::listSafetensors() {
    TensorGroup found;
    std::vector<Record> records;
    for (std::size_t part = 0; part < safetensors_.size(); ++part) {
        const auto& entries = safetensors_[part]->entries();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            found.tensors.push_back({entries[i].name, entries[i].view.type, entries[i].view.sizes});
            records.push_back({part, i});
        }
    }
    if (found.tensors.empty()) throw Error("there are no tensors in this file", name_);
    groups_.push_back(std::move(found));
    records_.push_back(std::move(records));
    // Each shard repeats what is said of the whole.
    for (const auto& [key, text] : safetensors_.front()->metadata()) {
        if (options_.size() < kMostOptions)
            options_.emplace_back(printable(key), printable(text, kMostOptionBytes));
    }
}

const Checkpoint::Record& Checkpoint::record(const TensorGroup& group, std::size_t index) const {
    return records_[static_cast<std::size_t>(&group - groups_.data())][index];
}

void Checkpoint::requireWhole() const {
    for (const auto& mapping : mappings_) {
        if (mapping) mapping->requireWhole();
    }
}

const std::shared_ptr<const MappedFile>& Checkpoint::mapping(const TensorGroup& group,
                                                             std::size_t index) const {
    return mappings_[record(group, index).part];
}

TensorView Checkpoint::view(const TensorGroup& group, std::size_t index) const {
    const Record& at = record(group, index);
    if (torch_) return torch_->view(torch_->tree().tensors()[at.index], group.tensors[index].name);
    const SafetensorsFile::Entry& entry = safetensors_[at.part]->entries()[at.index];
    if (entry.view.type == ElementType::Unknown) {
        throw Error("tensor " + printable(entry.name) + " is of a type that is not read", name_,
                    "save it as float32");
    }
    return entry.view;
}

}  // namespace dinoscope
