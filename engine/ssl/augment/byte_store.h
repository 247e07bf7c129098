#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace dinoscope {

/// Memory for `bytes` bytes, aligned for numbers: the trainer may want pages that a device can read. Called
/// from any thread.
using CropAllocator = std::function<std::shared_ptr<std::uint8_t>(std::size_t bytes)>;

/// Ordinary memory.
std::shared_ptr<std::uint8_t> allocateAligned(std::size_t bytes);

/// Bytes on their way to a device, which threads write piece by piece. They lie in a few large blocks, so
/// that few copies take them there.
class ByteStore {
public:
    /// Pieces begin at multiples of it: of pixels of three bytes, and of numbers of four.
    static constexpr std::size_t kAlignment = 48;
    /// A power of two, which is how page-locked memory is given out.
    static constexpr std::size_t kBlockBytes = std::size_t{1} << 24;

    struct Piece {
        std::size_t block = 0;
        std::size_t offset = 0;         ///< in the block
        std::uint8_t* bytes = nullptr;  ///< not written yet
    };
    struct Block {
        std::shared_ptr<std::uint8_t> bytes;
        std::size_t capacity = 0;
        std::size_t used = 0;  ///< a multiple of kAlignment
    };

    explicit ByteStore(CropAllocator allocate) : allocate_(std::move(allocate)) {}

    /// Thread-safe.
    Piece take(std::size_t bytes);
    /// Forgets the pieces and keeps the blocks, to be used again.
    void clear();

    // The rest is for when all pieces are taken.
    const std::vector<Block>& blocks() const { return blocks_; }
    /// Used bytes of all blocks.
    std::int64_t size() const;
    /// Where a piece begins once the used bytes of the blocks lie one after the other.
    std::int64_t place(std::size_t block, std::size_t offset) const;

private:
    CropAllocator allocate_;
    std::mutex mutex_;
    std::vector<Block> blocks_;
};

}  // namespace dinoscope
