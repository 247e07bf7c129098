// A vector of 8 floats for AVX2 with FMA; see vec_generic.inl. Included inside an anonymous namespace.

struct Vec {
    static constexpr int kLanes = 8;
    __m256 v;

    KERNEL_INLINE static Vec set(float x) { return {_mm256_set1_ps(x)}; }
    KERNEL_INLINE static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
    // bfloat16 bits, widened.
    KERNEL_INLINE static Vec load(const std::uint16_t* p) {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
    }
    KERNEL_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
    // As bfloat16 bits, rounded to nearest, ties to even.
    KERNEL_INLINE void store(std::uint16_t* p) const {
        const __m256i bits = _mm256_castps_si256(v);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
        const __m256i isNan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
        const __m256i half = _mm256_blendv_epi8(_mm256_srli_epi32(up, 16), _mm256_set1_epi32(0x7fc0), isNan);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(half, half), 0x08);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
    }
};

KERNEL_INLINE Vec operator+(Vec a, Vec b) {
    return {_mm256_add_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator-(Vec a, Vec b) {
    return {_mm256_sub_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator*(Vec a, Vec b) {
    return {_mm256_mul_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator/(Vec a, Vec b) {
    return {_mm256_div_ps(a.v, b.v)};
}
KERNEL_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
KERNEL_INLINE Vec max(Vec a, Vec b) {
    return {_mm256_max_ps(a.v, b.v)};
}
KERNEL_INLINE Vec min(Vec a, Vec b) {
    return {_mm256_min_ps(a.v, b.v)};
}

KERNEL_INLINE Vec timesPowerOfTwo(Vec y, Vec shifted) {
    const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(shifted.v), 23);
    return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(y.v), n))};
}

KERNEL_INLINE float sumOf(Vec a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

KERNEL_INLINE float maxOf(Vec a) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
