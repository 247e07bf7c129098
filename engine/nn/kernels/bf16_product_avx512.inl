// Products of bfloat16 pairs, summed in float (AVX512-BF16). Included inside an anonymous namespace.

struct Bf16Product {
    static constexpr int kPerLane = 2;

    KERNEL_INLINE static Vec addProduct(Vec sum, Vec a, Vec b) {
        return {_mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
    }
    KERNEL_INLINE static Vec alongRow(const std::uint16_t* row, std::int64_t at) {
        return {_mm512_loadu_ps(row + at)};
    }
    KERNEL_INLINE static Vec acrossRows(const std::uint16_t* const* rows, std::int64_t at) {
        const __m512i upper = _mm512_castps_si512(Vec::load(rows[1] + at).v);
        const __m512i lower = _mm512_srli_epi32(_mm512_castps_si512(Vec::load(rows[0] + at).v), 16);
        return {_mm512_castsi512_ps(_mm512_or_si512(upper, lower))};
    }
    KERNEL_INLINE static float lane(const std::uint16_t* row, std::int64_t at) {
        float pair;
        __builtin_memcpy(&pair, row + at, sizeof(pair));
        return pair;
    }
    KERNEL_INLINE static void storeProbabilities(float* lanes, std::int64_t key, Vec p) {
        const __m256bh narrow = _mm512_cvtneps_pbh(p.v);
        __builtin_memcpy(lanes + key / 2, &narrow, sizeof(narrow));
    }
    KERNEL_INLINE static void storeAcross(float* lanes, const Vec (&rows)[2]) {
        const __m512i lower = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(rows[0].v)));
        const __m512i upper = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(rows[1].v)));
        _mm512_storeu_si512(lanes, _mm512_or_si512(lower, _mm512_slli_epi32(upper, 16)));
    }
};
