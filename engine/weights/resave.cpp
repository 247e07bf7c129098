#include "engine/weights/resave.h"

#include <ATen/ATen.h>

#include <memory>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/printable.h"
#include "engine/weights/load.h"
#include "engine/weights/torch_file.h"

namespace dinoscope {

namespace {

constexpr int kMostDepth = 50;
// Values can be shared, and so be met more often than they are in the file.
constexpr int kMostValues = 4'000'000;
constexpr std::size_t kMostTextBytes = std::size_t{64} << 20;

class Resaver {
public:
    Resaver(const Checkpoint& checkpoint, bool asNamespace, std::vector<std::string>& leftOut)
        : checkpoint_(checkpoint), asNamespace_(asNamespace), leftOut_(leftOut) {}

    std::optional<TorchValue> value(const PickleValue& from, const std::string& place, int depth) {
        if (depth > kMostDepth || ++values_ > kMostValues) refuseSharing();
        switch (from.kind()) {
            case PickleKind::None:
                return TorchValue();
            case PickleKind::Bool:
                return TorchValue(from.boolean());
            case PickleKind::Int:
                return TorchValue(from.integer());
            case PickleKind::Float:
                return TorchValue(from.real());
            case PickleKind::Text:
                textBytes_ += from.text().size();
                if (textBytes_ > kMostTextBytes) refuseSharing();
                return TorchValue(from.text());
            case PickleKind::List:
                return TorchValue::list(items(from, place, depth));
            case PickleKind::Tuple:
                return TorchValue::tuple(items(from, place, depth));
            case PickleKind::Dict:
                return dict(from, place, depth);
            case PickleKind::Tensor:
                return tensor(from.tensor(), place);
            default:
                leftOut_.push_back(printable(place));
                return std::nullopt;
        }
    }

    /// The attributes of an object, or the entries of a dict.
    TorchValue options(const PickleValue& from) {
        const auto state = from.state();
        TorchValue::Entries found = entries(state ? *state : from, "args", 1);
        if (asNamespace_) return TorchValue::Namespace{std::move(found)};
        return TorchValue::dict(std::move(found));
    }

private:
    [[noreturn]] void refuseSharing() const {
        throw Error("its values are nested or shared without end", checkpoint_.name(),
                    "give --format backbone");
    }

    TorchValue::Items items(const PickleValue& from, const std::string& place, int depth) {
        TorchValue::Items found;
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (auto item = value(from.item(i), place + "." + std::to_string(i), depth + 1))
                found.push_back(std::move(*item));
        }
        return found;
    }

    TorchValue::Entries entries(const PickleValue& from, const std::string& place, int depth) {
        TorchValue::Entries found;
        for (std::size_t i = 0; i < from.size() && from.is(PickleKind::Dict); ++i) {
            const PickleValue key = from.key(i);
            const std::string name = key.is(PickleKind::Text)  ? key.text()
                                     : key.is(PickleKind::Int) ? std::to_string(key.integer())
                                                               : "?";
            const std::string inner = place.empty() ? name : place + "." + name;
            auto newKey = value(key, inner, depth + 1);
            if (!newKey) continue;
            if (place.empty() && name == "args") {
                found.emplace_back(std::move(*newKey), options(from.value(i)));
            } else if (auto entry = value(from.value(i), inner, depth + 1)) {
                found.emplace_back(std::move(*newKey), std::move(*entry));
            }
        }
        return found;
    }

    TorchValue dict(const PickleValue& from, const std::string& place, int depth) {
        bool tensorsOnly = from.size() > 0;
        for (std::size_t i = 0; i < from.size() && tensorsOnly; ++i)
            tensorsOnly = from.value(i).is(PickleKind::Tensor);
        TorchValue::Entries found = entries(from, place, depth);
        return tensorsOnly ? TorchValue::orderedDict(std::move(found)) : TorchValue::dict(std::move(found));
    }

    TorchValue tensor(const PickledTensor& from, const std::string& place) {
        const TensorView view = checkpoint_.torchFile()->view(from, place);
        TorchTensor found;
        found.type = view.type;
        found.sizes = view.sizes;
        if (view.strides == contiguousStrides(view.sizes)) {
            found.bytes = view.bytes;
        } else {
            auto kept = std::make_shared<at::Tensor>();
            found.fetch = [view, kept] {
                *kept = copyOf(view).contiguous();
                return std::span(static_cast<const std::byte*>(kept->data_ptr()), kept->nbytes());
            };
        }
        return found;
    }

    const Checkpoint& checkpoint_;
    bool asNamespace_;
    std::vector<std::string>& leftOut_;
    int values_ = 0;
    std::size_t textBytes_ = 0;
};

}  // namespace

TorchValue resavable(const Checkpoint& checkpoint, bool asNamespace, std::vector<std::string>& leftOut) {
    if (!checkpoint.torchFile()) {
        throw Error("this is a safetensors file, which holds no training state", checkpoint.name(),
                    "give --format backbone");
    }
    Resaver resaver(checkpoint, asNamespace, leftOut);
    return resaver.value(checkpoint.torchFile()->tree().root(), {}, 0).value_or(TorchValue());
}

}  // namespace dinoscope
