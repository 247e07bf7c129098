// The calls whose result is plain data, told by the callable's name alone. Everything else stays Opaque.

#include "engine/weights/unpickler.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostArguments = 16;

bool isTorchModule(std::string_view name) {
    return name.starts_with("torch.");
}

std::string_view lastPart(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

Unpickler::Index Unpickler::opaque(std::string name, Index arguments) {
    return add({.kind = PickleKind::Opaque, .text = std::move(name), .children = {arguments, kNone}});
}

Unpickler::Index Unpickler::call(Index callable, Index arguments) {
    if (node(arguments).kind != PickleKind::Tuple) fail("a call has no tuple of arguments");
    if (node(callable).kind != PickleKind::Global) {
        if (node(callable).kind == PickleKind::Opaque)
            return opaque("a value that was itself computed", arguments);
        fail("it calls what cannot be called");
    }
    Index result = kNone;
    std::string_view name = node(callable).text;
    const std::vector<Index>* given = &node(arguments).children;
    // Tensor subclasses and tensors with attributes: _rebuild_from_type_v2(function, type, arguments, state).
    if (name == "torch._tensor._rebuild_from_type_v2" && given->size() == 4 &&
        node((*given)[0]).kind == PickleKind::Global && node((*given)[2]).kind == PickleKind::Tuple) {
        name = node((*given)[0]).text;
        given = &node((*given)[2]).children;
    }
    // A long tuple belongs to none of the calls below; copying it anew for each call would cost squared time.
    if (given->size() > kMostArguments) return opaque(std::string(name), arguments);
    // Copies: adding a value moves the nodes that `name` and `given` point into.
    const std::string nameCopy(name);
    const std::vector<Index> givenCopy(*given);
    if (callTensor(nameCopy, givenCopy, result) || callContainer(nameCopy, givenCopy, result)) return result;
    return opaque(nameCopy, arguments);
}

bool Unpickler::callTensor(std::string_view name, const std::vector<Index>& arguments, Index& result) {
    if (!name.starts_with("torch._utils._rebuild_")) return false;
    const std::string_view function = name.substr(std::string_view("torch._utils._rebuild_").size());
    if (function == "parameter" || function == "parameter_with_state") {
        // (data, requires_grad, hooks[, state]); data stays Opaque where it is no tensor we know.
        if (arguments.empty() || node(arguments[0]).kind != PickleKind::Tensor) return false;
        result = arguments[0];
        return true;
    }
    const bool v2 =
        function == "tensor_v2";  // (storage, offset, size, stride, requires_grad, hooks[, metadata])
    const bool v3 = function == "tensor_v3";  // the same, then dtype[, metadata]; the storage is untyped
    if (!v2 && !v3 && function != "tensor") return false;
    if (arguments.size() < (v3 ? 7u : v2 ? 6u : 4u)) fail("a tensor is described incompletely");
    const PickleNode& storage = node(arguments[0]);
    if (storage.kind != PickleKind::Storage) fail("a tensor has no storage");
    ElementType type = tree_.storages_[static_cast<std::size_t>(storage.integer)].type;
    if (v3) type = elementTypeOfTorch(lastPart(node(arguments[6]).text));
    result = rebuildTensor(arguments, type);
    return true;
}

bool Unpickler::callContainer(std::string_view name, const std::vector<Index>& arguments, Index& result) {
    if (name == "collections.OrderedDict") {
        std::vector<Index> items;
        // Python 2 passes a list of [key, value].
        if (!arguments.empty()) {
            for (const Index pair : node(arguments[0]).children) {
                const std::vector<Index>& both = node(pair).children;
                if (both.size() != 2) fail("an OrderedDict is not made of pairs");
                items.insert(items.end(), both.begin(), both.end());
            }
        }
        result = addSequence(PickleKind::Dict, std::move(items));
        return true;
    }
    if (name == "collections.defaultdict") {
        result = addSequence(PickleKind::Dict, {});
        return true;
    }
    if (name == "torch.Size" && arguments.size() == 1 && node(arguments[0]).kind == PickleKind::Tuple) {
        result = arguments[0];
        return true;
    }
    if (name == "_codecs.encode" && arguments.size() == 2 && node(arguments[0]).kind == PickleKind::Text) {
        // How protocols below 3 write bytes: a text whose characters are the bytes.
        std::string bytes;
        const std::string& text = node(arguments[0]).text;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto lead = static_cast<unsigned char>(text[i]);
            const bool two = (lead == 0xC2 || lead == 0xC3) && i + 1 < text.size();
            bytes += two ? static_cast<char>((lead & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F))
                         : text[i];
        }
        result = addText(PickleKind::Bytes, std::move(bytes));
        return true;
    }
    return false;
}

Unpickler::Index Unpickler::rebuildTensor(const std::vector<Index>& arguments, ElementType type) {
    if (tree_.tensors_.size() >= limits_.tensors) {
        fail("it holds more than " + std::to_string(limits_.tensors) + " tensors");
    }
    PickledTensor tensor;
    tensor.type = type;
    tensor.storage = static_cast<std::uint32_t>(node(arguments[0]).integer);
    tensor.offset = integer(arguments[1], "the offset of a tensor");
    tensor.sizes = dimensions(arguments[2], "the size of a tensor");
    tensor.strides = dimensions(arguments[3], "the stride of a tensor");
    tensor.requiresGrad = arguments.size() > 4 && arguments[4] == kTrue;
    if (tensor.sizes.size() != tensor.strides.size()) fail("a tensor has not as many strides as sizes");
    tree_.tensors_.push_back(std::move(tensor));
    const auto record = static_cast<std::int64_t>(tree_.tensors_.size() - 1);
    return add({.kind = PickleKind::Tensor, .integer = record});
}

std::vector<std::int64_t> Unpickler::dimensions(Index tuple, const char* what) const {
    const PickleNode& values = node(tuple);
    if (values.kind != PickleKind::Tuple && values.kind != PickleKind::List)
        fail(std::string(what) + " is no tuple");
    if (values.children.size() > limits_.dimensions) {
        fail("a tensor has more than " + std::to_string(limits_.dimensions) + " dimensions");
    }
    std::vector<std::int64_t> result;
    result.reserve(values.children.size());
    for (const Index child : values.children)
        result.push_back(integer(child, what));
    return result;
}

std::int64_t Unpickler::integer(Index index, const char* what) const {
    if (node(index).kind != PickleKind::Int) fail(std::string(what) + " is not a number");
    if (node(index).integer < 0) fail(std::string(what) + " is negative");
    return node(index).integer;
}

/// ('storage', class, key, location, count[, view]); the location is where it once lay, and no concern of
/// ours. Legacy files add a view, None or (key, offset, count), and write ('module', class, …) around whole
/// modules.
void Unpickler::persistentId() {
    const Index id = pop();
    const std::size_t count = node(id).children.size();
    if (count < 2 || count > kMostArguments) fail("it names its tensors in a way that torch.save does not");
    const std::vector<Index> parts = node(id).children;
    const std::string& kind = node(parts[0]).text;
    if (node(id).kind == PickleKind::Tuple && kind == "module") {
        push(parts[1]);
        return;
    }
    if (node(id).kind != PickleKind::Tuple || kind != "storage" || parts.size() < 5) {
        fail("it names its tensors in a way that torch.save does not");
    }
    if (tree_.storages_.size() >= limits_.tensors) {
        fail("it holds more than " + std::to_string(limits_.tensors) + " storages");
    }
    PickledStorage storage;
    const std::string& className = node(parts[1]).text;
    if (isTorchModule(className)) storage.type = elementTypeOfStorage(lastPart(className));
    storage.key = node(parts[2]).text;
    if (storage.key.empty() || storage.key.size() > 100) fail("a storage has no proper key");
    storage.count = integer(parts[4], "the size of a storage");
    if (parts.size() > 5 && node(parts[5]).kind == PickleKind::Tuple) {
        const std::vector<Index>& view = node(parts[5]).children;
        if (view.size() != 3) fail("a storage's view is described incompletely");
        storage.offset = integer(view[1], "the offset of a storage");
        const std::int64_t length = integer(view[2], "the size of a storage");
        if (storage.offset > storage.count || length > storage.count - storage.offset) {
            fail("a storage's view reaches beyond it");
        }
        storage.count = length;
    }
    tree_.storages_.push_back(std::move(storage));
    const auto record = static_cast<std::int64_t>(tree_.storages_.size() - 1);
    push(add({.kind = PickleKind::Storage, .integer = record}));
}

}  // namespace dinoscope
