#pragma once

#include <cstdint>
#include <list>
#include <memory>

#include "engine/api/attention.h"

namespace dinoscope {

/// What an AttentionField was computed from.
struct FieldKey {
    std::uint64_t picture = 0;
    std::uint64_t model = 0;
    InputSize size;
    int layer = 0;  ///< not negative

    bool operator==(const FieldKey&) const = default;
};

/// The fields used last, up to a number of bytes; one field always fits.
class FieldCache {
public:
    explicit FieldCache(std::int64_t capacity) : capacity_(capacity) {}

    std::shared_ptr<const api::AttentionField> find(const FieldKey& key);
    void insert(const FieldKey& key, std::shared_ptr<const api::AttentionField> field);
    void clear() { entries_.clear(); }
    std::int64_t bytes() const;

private:
    struct Entry {
        FieldKey key;
        std::shared_ptr<const api::AttentionField> field;
    };

    std::int64_t capacity_;
    std::list<Entry> entries_;  ///< last used first
};

}  // namespace dinoscope
