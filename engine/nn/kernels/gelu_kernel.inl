// GELU, the erf form, written on the wrapper Vec. Included inside an anonymous namespace after exp2.inl.

// The normal distribution's tail beyond |x| by Abramowitz and Stegun 7.1.26 (error below 7.5e-8), with its
// density:
//   t = 1 / (1 + 0.3275911 |x| / sqrt(2)),  tail = t polynomial(t) exp(-x^2 / 2) / 2
template <int kCount>
KERNEL_INLINE void normalTail(const Vec (&x)[kCount], Vec (&size)[kCount], Vec (&tail)[kCount],
                              Vec (&density)[kCount]) {
    const auto each = [](auto step) __attribute__((always_inline)) {
        repeat(Upto<kCount>{}, step);
    };
    each([&](auto i) __attribute__((always_inline)) {
        size[i.value] = max(Vec::set(0.0F) - x[i.value], x[i.value]);
        density[i.value] = x[i.value] * x[i.value] * Vec::set(-0.72134752F);
    });
    exp2(density);
    each([&](auto i) __attribute__((always_inline)) {
        const Vec t = Vec::set(1.0F) / fma(size[i.value], Vec::set(0.23164188F), Vec::set(1.0F));
        Vec sum = fma(t, Vec::set(0.5307027145F), Vec::set(-0.7265760135F));
        sum = fma(sum, t, Vec::set(0.7107068705F));
        sum = fma(sum, t, Vec::set(-0.142248368F));
        sum = fma(sum, t, Vec::set(0.127414796F));
        tail[i.value] = sum * t * density[i.value];
    });
}

template <class Number>
struct Gelu {
    // x Phi(x) = max(x, 0) - |x| tail
    template <int kCount>
    KERNEL_INLINE static void forwardOf(const Number* from, Number* to) {
        Vec x[kCount], size[kCount], tail[kCount], density[kCount];
        for (int i = 0; i < kCount; ++i)
            x[i] = Vec::load(from + i * Vec::kLanes);
        normalTail(x, size, tail, density);
        for (int i = 0; i < kCount; ++i)
            (max(Vec::set(0.0F), x[i]) - size[i] * tail[i]).store(to + i * Vec::kLanes);
    }

    // Phi(x) + x density(x), Phi(x) = 1/2 + sign(x) (1/2 - tail); where the sign is in doubt, the bracket is
    // 0.
    template <int kCount>
    KERNEL_INLINE static void gradientOf(const Number* from, const Number* outer, Number* to) {
        Vec x[kCount], size[kCount], tail[kCount], density[kCount];
        for (int i = 0; i < kCount; ++i)
            x[i] = Vec::load(from + i * Vec::kLanes);
        normalTail(x, size, tail, density);
        for (int i = 0; i < kCount; ++i) {
            const Vec sign = max(Vec::set(-1.0F), min(Vec::set(1.0F), x[i] * Vec::set(1e30F)));
            const Vec below = fma(sign, Vec::set(0.5F) - tail[i], Vec::set(0.5F));
            const Vec slope = fma(x[i] * Vec::set(0.39894228F), density[i], below);
            (Vec::load(outer + i * Vec::kLanes) * slope).store(to + i * Vec::kLanes);
        }
    }

    static void forward(const kernels::GeluArgs& args) {
        const auto* from = static_cast<const Number*>(args.x);
        auto* to = static_cast<Number*>(args.out);
        std::int64_t i = 0;
        for (; i + 4 * Vec::kLanes <= args.count; i += 4 * Vec::kLanes)
            forwardOf<4>(from + i, to + i);
        for (; i < args.count; i += Vec::kLanes)
            forwardOf<1>(from + i, to + i);
    }

    static void gradient(const kernels::GeluArgs& args) {
        const auto* from = static_cast<const Number*>(args.x);
        const auto* outer = static_cast<const Number*>(args.outGradient);
        auto* to = static_cast<Number*>(args.out);
        std::int64_t i = 0;
        for (; i + 4 * Vec::kLanes <= args.count; i += 4 * Vec::kLanes)
            gradientOf<4>(from + i, outer + i, to + i);
        for (; i < args.count; i += Vec::kLanes)
            gradientOf<1>(from + i, outer + i, to + i);
    }
};
