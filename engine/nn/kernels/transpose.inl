// Included inside an anonymous namespace, after a wrapper Vec and unroll.inl.

// Exchanges the right halves of a's pairs of blocks with the left halves of b's; a block is kBlock lanes.
template <int kBlock, int... kLane>
KERNEL_INLINE void exchangeBlocks(Vec& a, Vec& b, Indices<kLane...>) {
    using Mask = std::int32_t __attribute__((vector_size(Vec::kLanes * 4)));
    const Mask left = {((kLane & kBlock) ? Vec::kLanes + kLane - kBlock : kLane)...};
    const Mask right = {((kLane & kBlock) ? Vec::kLanes + kLane : kLane + kBlock)...};
    const Vec old = a;
    a.v = __builtin_shuffle(old.v, b.v, left);
    b.v = __builtin_shuffle(old.v, b.v, right);
}

template <int kBlock>
KERNEL_INLINE void exchangeAllBlocks(Vec (&rows)[Vec::kLanes]) {
    repeat(
        Upto<Vec::kLanes>{}, [&](auto i) __attribute__((always_inline)) {
            if constexpr ((i.value & kBlock) == 0) {
                exchangeBlocks<kBlock>(rows[i.value], rows[i.value + kBlock], Upto<Vec::kLanes>{});
            }
        });
}

// A square of lanes, rows to columns: blocks of 1, 2, 4 ... lanes change places.
KERNEL_INLINE void transpose(Vec (&rows)[Vec::kLanes]) {
    exchangeAllBlocks<1>(rows);
    exchangeAllBlocks<2>(rows);
    if constexpr (Vec::kLanes > 4) exchangeAllBlocks<4>(rows);
    if constexpr (Vec::kLanes > 8) exchangeAllBlocks<8>(rows);
}
