// Included inside an anonymous namespace.

template <int... kIndices>
struct Indices {};
template <int kCount>
using Upto = Indices<__integer_pack(kCount)...>;
template <int kValue>
struct Index {
    static constexpr int value = kValue;
};

// f(Index<0>), f(Index<1>), ...: a loop that is unrolled before the compiler decides about registers.
template <class F, int... kIndices>
KERNEL_INLINE void repeat(Indices<kIndices...>, F f) {
    (f(Index<kIndices>{}), ...);
}
