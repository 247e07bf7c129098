// Included inside an anonymous namespace, after a wrapper Vec.

// 2^x for x <= 0, relative error below 1.6e-7; what would be subnormal becomes 2^-126.
// 1.5 * 2^23 shifts the fraction out; the polynomial is the minimax one of 2^f on [-1/2, 1/2] with value 1 at
// 0.
KERNEL_INLINE Vec exp2Negative(Vec x) {
    const Vec magic = Vec::set(12582912.0F);
    x = max(Vec::set(-126.0F), x);
    const Vec shifted = x + magic;
    const Vec f = x - (shifted - magic);
    Vec y = Vec::set(1.326472725e-3F);
    y = fma(y, f, Vec::set(9.671512688e-3F));
    y = fma(y, f, Vec::set(5.550733744e-2F));
    y = fma(y, f, Vec::set(2.402224208e-1F));
    y = fma(y, f, Vec::set(6.931469776e-1F));
    y = fma(y, f, Vec::set(1.0F));
    return timesPowerOfTwo(y, shifted);
}
