#include "engine/ssl/augment/byte_store.h"

#include <algorithm>
#include <iterator>
#include <new>

namespace dinoscope {

std::shared_ptr<std::uint8_t> allocateAligned(std::size_t bytes) {
    constexpr std::align_val_t kAlignment{64};
    return {static_cast<std::uint8_t*>(operator new(bytes, kAlignment)),
            [](std::uint8_t* memory) { operator delete(memory, kAlignment); }};
}

ByteStore::Piece ByteStore::take(std::size_t bytes) {
    const std::size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    const std::lock_guard lock(mutex_);
    const auto hasRoom = [size](const Block& block) { return block.capacity - block.used >= size; };
    auto block = std::find_if(blocks_.begin(), blocks_.end(), hasRoom);
    if (block == blocks_.end()) {
        const std::size_t capacity = std::max(kBlockBytes, size);
        blocks_.push_back({allocate_(capacity), capacity, 0});
        block = std::prev(blocks_.end());
    }
    const std::size_t offset = block->used;
    block->used += size;
    return {static_cast<std::size_t>(block - blocks_.begin()), offset, block->bytes.get() + offset};
}

void ByteStore::clear() {
    for (Block& block : blocks_)
        block.used = 0;
}

std::int64_t ByteStore::size() const {
    return place(blocks_.size(), 0);
}

std::int64_t ByteStore::place(std::size_t block, std::size_t offset) const {
    for (std::size_t before = 0; before < block; ++before)
        offset += blocks_[before].used;
    return static_cast<std::int64_t>(offset);
}

}  // namespace dinoscope
