// A vector of kLanes floats in plain C++ (GCC's vector extensions), one of the instruction-set wrappers that
// attention_kernel.inl is written on. Included inside an anonymous namespace; define KERNEL_LANES before.

using FloatVec = float __attribute__((vector_size(KERNEL_LANES * 4)));
using HalfVec = std::uint16_t __attribute__((vector_size(KERNEL_LANES * 2)));
using IntVec = std::int32_t __attribute__((vector_size(KERNEL_LANES * 4)));

struct Vec {
    static constexpr int kLanes = KERNEL_LANES;
    FloatVec v;

    KERNEL_INLINE static Vec set(float x) {
        Vec r;
        for (int i = 0; i < kLanes; ++i)
            r.v[i] = x;
        return r;
    }
    KERNEL_INLINE static Vec load(const float* p) {
        Vec r;
        __builtin_memcpy(&r.v, p, sizeof(r.v));
        return r;
    }
    // bfloat16 bits, widened.
    KERNEL_INLINE static Vec load(const std::uint16_t* p) {
        HalfVec half;
        __builtin_memcpy(&half, p, sizeof(half));
        const IntVec bits = __builtin_convertvector(half, IntVec) << 16;
        Vec r;
        __builtin_memcpy(&r.v, &bits, sizeof(r.v));
        return r;
    }
    KERNEL_INLINE void store(float* p) const { __builtin_memcpy(p, &v, sizeof(v)); }
    // As bfloat16 bits, rounded to nearest, ties to even.
    KERNEL_INLINE void store(std::uint16_t* p) const {
        IntVec bits;
        __builtin_memcpy(&bits, &v, sizeof(bits));
        const IntVec up = bits + 0x7fff + ((bits >> 16) & 1);
        const HalfVec half = __builtin_convertvector(v == v ? up >> 16 : IntVec{} + 0x7fc0, HalfVec);
        __builtin_memcpy(p, &half, sizeof(half));
    }
};

KERNEL_INLINE Vec operator+(Vec a, Vec b) {
    return {a.v + b.v};
}
KERNEL_INLINE Vec operator-(Vec a, Vec b) {
    return {a.v - b.v};
}
KERNEL_INLINE Vec operator*(Vec a, Vec b) {
    return {a.v * b.v};
}
KERNEL_INLINE Vec operator/(Vec a, Vec b) {
    return {a.v / b.v};
}
KERNEL_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return {a.v * b.v + c.v};
}

// The second one where either is not a number, as the x86 instructions have it.
KERNEL_INLINE Vec max(Vec a, Vec b) {
    return {a.v > b.v ? a.v : b.v};
}
KERNEL_INLINE Vec min(Vec a, Vec b) {
    return {a.v < b.v ? a.v : b.v};
}

// y * 2^n for y near 1, where the lowest bits of `shifted` hold n.
KERNEL_INLINE Vec timesPowerOfTwo(Vec y, Vec shifted) {
    IntVec bits, n;
    __builtin_memcpy(&bits, &y.v, sizeof(bits));
    __builtin_memcpy(&n, &shifted.v, sizeof(n));
    bits += n << 23;
    __builtin_memcpy(&y.v, &bits, sizeof(bits));
    return y;
}

KERNEL_INLINE float sumOf(Vec a) {
    float lanes[Vec::kLanes];
    a.store(lanes);
    for (int n = Vec::kLanes / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; ++i)
            lanes[i] += lanes[i + n];
    }
    return lanes[0];
}

KERNEL_INLINE float maxOf(Vec a) {
    float best = a.v[0];
    for (int i = 1; i < Vec::kLanes; ++i)
        best = a.v[i] > best ? a.v[i] : best;
    return best;
}
