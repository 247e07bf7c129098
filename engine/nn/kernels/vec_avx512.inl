// A vector of 16 floats for AVX512; see vec_generic.inl. Included inside an anonymous namespace.

struct Vec {
    static constexpr int kLanes = 16;
    __m512 v;

    KERNEL_INLINE static Vec set(float x) { return {_mm512_set1_ps(x)}; }
    KERNEL_INLINE static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
    // bfloat16 bits, widened.
    KERNEL_INLINE static Vec load(const std::uint16_t* p) {
        const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
        return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
    }
    KERNEL_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
    // As bfloat16 bits, rounded to nearest, ties to even.
    KERNEL_INLINE void store(std::uint16_t* p) const {
        const __m512i bits = _mm512_castps_si512(v);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        const __m512i half = _mm512_mask_mov_epi32(
            _mm512_srli_epi32(up, 16), _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), _mm512_set1_epi32(0x7fc0));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(half));
    }
};

KERNEL_INLINE Vec operator+(Vec a, Vec b) {
    return {_mm512_add_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator-(Vec a, Vec b) {
    return {_mm512_sub_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator*(Vec a, Vec b) {
    return {_mm512_mul_ps(a.v, b.v)};
}
KERNEL_INLINE Vec operator/(Vec a, Vec b) {
    return {_mm512_div_ps(a.v, b.v)};
}
KERNEL_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
KERNEL_INLINE Vec max(Vec a, Vec b) {
    return {_mm512_max_ps(a.v, b.v)};
}
KERNEL_INLINE Vec min(Vec a, Vec b) {
    return {_mm512_min_ps(a.v, b.v)};
}

KERNEL_INLINE Vec timesPowerOfTwo(Vec y, Vec shifted) {
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted.v), 23);
    return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(y.v), n))};
}

KERNEL_INLINE __m256 upperHalf(Vec a) {
    return _mm512_extractf32x8_ps(a.v, 1);
}

KERNEL_INLINE float sumOf(Vec a) {
    const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(a.v), upperHalf(a));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

KERNEL_INLINE float maxOf(Vec a) {
    const __m256 h = _mm256_max_ps(_mm512_castps512_ps256(a.v), upperHalf(a));
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
