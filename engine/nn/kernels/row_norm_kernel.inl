// Layer norm of some rows of a matrix, and what goes in and out of those rows, written on the wrapper Vec.
// Included inside an anonymous namespace, once an instruction set.

KERNEL_INLINE std::int64_t rowAt(const std::int64_t* rows, std::int64_t i) {
    return rows ? rows[i] : i;
}

template <class Number>
struct RowNorm {
    static void forward(const kernels::NormArgs& args) {
        const Vec share = Vec::set(1.0F / static_cast<float>(args.dim));
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const float* x = args.x + rowAt(args.rows, i) * args.dim;
            Vec sum = Vec::set(0.0F);
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                sum = sum + Vec::load(x + d);
            const Vec mean = Vec::set(sumOf(sum * share));
            Vec squares = Vec::set(0.0F);
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes) {
                const Vec off = Vec::load(x + d) - mean;
                squares = fma(off, off, squares);
            }
            const float factor = 1.0F / __builtin_sqrtf(sumOf(squares * share) + args.epsilon);
            Number* out = static_cast<Number*>(args.out) + i * args.dim;
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes) {
                const Vec unit = (Vec::load(x + d) - mean) * Vec::set(factor);
                fma(unit, Vec::load(args.weight + d), Vec::load(args.bias + d)).store(out + d);
            }
            args.moments[2 * i] = sumOf(sum * share);
            args.moments[2 * i + 1] = factor;
        }
    }

    // With g = dout weight and u the normalised row: dx = (g - mean(g) - u mean(g u)) / deviation.
    static void gradient(const kernels::NormGradientArgs& args) {
        const Vec share = Vec::set(1.0F / static_cast<float>(args.dim));
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const std::int64_t at = rowAt(args.rows, i) * args.dim;
            const float* x = args.x + at;
            const Number* outer = static_cast<const Number*>(args.outGradient) + i * args.dim;
            const Vec mean = Vec::set(args.moments[2 * i]);
            const Vec factor = Vec::set(args.moments[2 * i + 1]);
            Vec sum = Vec::set(0.0F);
            Vec along = Vec::set(0.0F);
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes) {
                const Vec unit = (Vec::load(x + d) - mean) * factor;
                const Vec change = Vec::load(outer + d);
                (fma(change, unit, Vec::load(args.weightGradient + d))).store(args.weightGradient + d);
                (Vec::load(args.biasGradient + d) + change).store(args.biasGradient + d);
                const Vec g = change * Vec::load(args.weight + d);
                sum = sum + g;
                along = fma(g, unit, along);
            }
            const Vec meanOfG = Vec::set(sumOf(sum * share));
            const Vec meanAlong = Vec::set(sumOf(along * share));
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes) {
                const Vec unit = (Vec::load(x + d) - mean) * factor;
                const Vec g = Vec::load(outer + d) * Vec::load(args.weight + d);
                const Vec change = (g - meanOfG - unit * meanAlong) * factor;
                (Vec::load(args.streamGradient + at + d) + change).store(args.gradient + at + d);
            }
        }
    }

    // target[rows[i]] = stream[rows[i]] + scale source[i]
    static void add(const kernels::AddRowsArgs& args) {
        const Vec factor = Vec::set(args.scale);
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const std::int64_t at = rowAt(args.rows, i) * args.dim;
            const Number* from = static_cast<const Number*>(args.source) + i * args.dim;
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                fma(Vec::load(from + d), factor, Vec::load(args.stream + at + d)).store(args.target + at + d);
        }
    }

    // out[i] = scale source[rows[i]]
    static void take(const kernels::TakeRowsArgs& args) {
        const Vec factor = Vec::set(args.scale);
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const float* from = args.source + rowAt(args.rows, i) * args.dim;
            Number* to = static_cast<Number*>(args.out) + i * args.dim;
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                (Vec::load(from + d) * factor).store(to + d);
        }
    }

    KERNEL_INLINE static float inverseLength(const float* row, std::int64_t dim) {
        Vec squares = Vec::set(0.0F);
        for (std::int64_t d = 0; d < dim; d += Vec::kLanes)
            squares = fma(Vec::load(row + d), Vec::load(row + d), squares);
        return 1.0F / __builtin_sqrtf(sumOf(squares));
    }

    static void unit(const kernels::UnitRowsArgs& args) {
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const float* from = args.source + i * args.dim;
            const Vec factor = Vec::set(args.scales[i] * inverseLength(from, args.dim));
            Number* to = static_cast<Number*>(args.out) + i * args.dim;
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                (Vec::load(from + d) * factor).store(to + d);
        }
    }

    // With u the unit row: dg = u . dout, dv = g (dout - u dg) / |v|.
    static void unitGradient(const kernels::UnitRowsGradientArgs& args) {
        for (std::int64_t i = args.first; i < args.last; ++i) {
            const float* from = args.source + i * args.dim;
            const Number* outer = static_cast<const Number*>(args.outGradient) + i * args.dim;
            const float inverse = inverseLength(from, args.dim);
            Vec along = Vec::set(0.0F);
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                along = fma(Vec::load(from + d), Vec::load(outer + d), along);
            const float scaleGradient = sumOf(along) * inverse;
            const Vec shift = Vec::set(-scaleGradient * inverse);
            const Vec factor = Vec::set(args.scales[i] * inverse);
            float* to = args.gradient + i * args.dim;
            for (std::int64_t d = 0; d < args.dim; d += Vec::kLanes)
                (fma(Vec::load(from + d), shift, Vec::load(outer + d)) * factor).store(to + d);
            args.scaleGradient[i] = scaleGradient;
        }
    }

    static constexpr kernels::RowKernel kKernel{
        forward, gradient, add, take, unit, unitGradient, Gelu<Number>::forward, Gelu<Number>::gradient};
};
