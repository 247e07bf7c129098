#include "engine/weights/pickle_tree.h"

namespace dinoscope {

PickleValue PickleTree::root() const {
    return {*this, root_};
}

std::size_t PickleValue::size() const {
    switch (kind()) {
        case PickleKind::List:
        case PickleKind::Tuple:
            return node().children.size();
        case PickleKind::Dict:
            return node().children.size() / 2;
        default:
            return 0;
    }
}

std::optional<PickleValue> PickleValue::find(std::string_view key) const {
    if (!is(PickleKind::Dict)) return std::nullopt;
    for (std::size_t i = size(); i-- > 0;) {
        if (this->key(i).is(PickleKind::Text) && this->key(i).text() == key) return value(i);
    }
    return std::nullopt;
}

std::optional<PickleValue> PickleValue::state() const {
    // Index 0 is the tree's None: an Opaque without state.
    if (!is(PickleKind::Opaque) || node().children[1] == 0) return std::nullopt;
    return child(1);
}

}  // namespace dinoscope
