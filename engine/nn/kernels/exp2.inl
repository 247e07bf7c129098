// Included inside an anonymous namespace, after a wrapper Vec and unroll.inl.

// x = 2^x for x <= 0 (or a rounding error above), relative error below 1.6e-7; what would be subnormal
// becomes 2^-126. 1.5 * 2^23 shifts the fraction out; the polynomial is the minimax one of 2^f on [-1/2, 1/2]
// with value 1 at 0. Several vectors take each step together: one after the other, their long chains of
// dependent operations would fill the processor's queues. A coarse one has two steps fewer and a relative
// error below 1.1e-4, a twentieth of what rounding to bfloat16 adds.
template <bool kCoarse = false, int kCount>
KERNEL_INLINE void exp2(Vec (&x)[kCount]) {
    const Vec magic = Vec::set(12582912.0F);
    Vec shifted[kCount], y[kCount];
    const auto each = [](auto step) __attribute__((always_inline)) {
        repeat(Upto<kCount>{}, step);
    };
    each([&](auto i) __attribute__((always_inline)) { x[i.value] = max(Vec::set(-126.0F), x[i.value]); });
    each([&](auto i) __attribute__((always_inline)) { shifted[i.value] = x[i.value] + magic; });
    each([&](auto i)
             __attribute__((always_inline)) { x[i.value] = x[i.value] - (shifted[i.value] - magic); });
    const auto start = [&](float highest, float next) __attribute__((always_inline)) {
        each([&](auto i) __attribute__((always_inline)) {
            y[i.value] = fma(Vec::set(highest), x[i.value], Vec::set(next));
        });
    };
    const auto proceed = [&](float next) __attribute__((always_inline)) {
        each([&](auto i) __attribute__((always_inline)) {
            y[i.value] = fma(y[i.value], x[i.value], Vec::set(next));
        });
    };
    if constexpr (kCoarse) {
        start(5.500893085e-2F, 2.422109594e-1F);
        proceed(6.932829272e-1F);
    } else {
        start(1.326472725e-3F, 9.671512688e-3F);
        proceed(5.550733744e-2F);
        proceed(2.402224208e-1F);
        proceed(6.931469776e-1F);
    }
    proceed(1.0F);
    each([&](auto i)
             __attribute__((always_inline)) { x[i.value] = timesPowerOfTwo(y[i.value], shifted[i.value]); });
}

KERNEL_INLINE Vec exp2(Vec x) {
    Vec one[1] = {x};
    exp2(one);
    return one[0];
}
