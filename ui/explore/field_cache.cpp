#include "ui/explore/field_cache.h"

#include <algorithm>

namespace dinoscope {

std::shared_ptr<const api::AttentionField> FieldCache::find(const FieldKey& key) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&key](const Entry& entry) { return entry.key == key; });
    if (found == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().field;
}

void FieldCache::insert(const FieldKey& key, std::shared_ptr<const api::AttentionField> field) {
    entries_.remove_if([&key](const Entry& entry) { return entry.key == key; });
    entries_.push_front({key, std::move(field)});
    while (entries_.size() > 1 && bytes() > capacity_)
        entries_.pop_back();
}

std::int64_t FieldCache::bytes() const {
    std::int64_t total = 0;
    for (const Entry& entry : entries_)
        total += entry.field->bytes();
    return total;
}

}  // namespace dinoscope
