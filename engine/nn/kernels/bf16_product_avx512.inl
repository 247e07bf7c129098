// Products of bfloat16 pairs, summed in float (AVX512-BF16). Included inside an anonymous namespace.

struct Bf16Product {
    static constexpr int kPerLane = 2;

    KERNEL_INLINE static Vec addProduct(Vec sum, Vec a, Vec b) {
        return {_mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
    }
    KERNEL_INLINE static void put(float* lanes, std::int64_t lane, int half, std::uint16_t x) {
        __builtin_memcpy(reinterpret_cast<char*>(lanes + lane) + 2 * half, &x, sizeof(x));
    }
    KERNEL_INLINE static void storeProbabilities(float* lanes, std::int64_t key, Vec p) {
        const __m256bh narrow = _mm512_cvtneps_pbh(p.v);
        __builtin_memcpy(lanes + key / 2, &narrow, sizeof(narrow));
    }
};
