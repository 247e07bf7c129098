#include "engine/nn/kernels/attention.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attention_cases.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"

using namespace dinoscope;

namespace {

std::vector<std::uint16_t> narrowedAll(const std::vector<float>& numbers) {
    std::vector<std::uint16_t> bits(numbers.size());
    std::transform(numbers.begin(), numbers.end(), bits.begin(), narrowed<std::uint16_t>);
    return bits;
}

// One query's output in double precision, straight from the definition.
template <class Number>
std::vector<double> reference(const std::vector<Number>& qkv, const AttentionShape& s, double scale,
                              std::int64_t image, std::int64_t head, std::int64_t token) {
    const std::int64_t dim = s.heads * s.headDim;
    const auto at = [&](int which, std::int64_t t) {
        return qkv.data() + ((image * s.tokens + t) * 3 + which) * dim + head * s.headDim;
    };
    std::vector<double> p(s.tokens);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        for (std::int64_t d = 0; d < s.headDim; ++d) {
            p[t] += scale * double{widened(at(0, token)[d])} * double{widened(at(1, t)[d])};
        }
    }
    const double top = *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& x : p)
        sum += x = std::exp(x - top);
    std::vector<double> out(s.headDim);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        for (std::int64_t d = 0; d < s.headDim; ++d)
            out[d] += p[t] / sum * double{widened(at(2, t)[d])};
    }
    return out;
}

// The largest error over some 40 queries of each head: |error| less `relative` * |value|, as a part of the
// row's largest value. Not a number where the output is not.
template <class Number>
double worstError(const std::vector<Number>& qkv, const std::vector<Number>& out, const AttentionShape& s,
                  double scale, double relative = 0) {
    double worst = 0;
    for (std::int64_t image = 0; image < s.batch; ++image) {
        for (std::int64_t head = 0; head < s.heads; ++head) {
            const std::int64_t step = std::max<std::int64_t>(1, s.tokens / 40);
            for (std::int64_t token = (s.tokens - 1) % step; token < s.tokens; token += step) {
                const std::vector<double> want = reference(qkv, s, scale, image, head, token);
                const Number* got = out.data() + ((image * s.tokens + token) * s.heads + head) * s.headDim;
                double top = 0;
                for (double x : want)
                    top = std::max(top, std::abs(x));
                for (std::int64_t d = 0; d < s.headDim; ++d) {
                    const double off = std::abs(double{widened(got[d])} - want[d]);
                    const double error = (off - relative * std::abs(want[d])) / top;
                    if (!(error <= worst)) worst = error;
                }
            }
        }
    }
    return worst;
}

template <class Number>
std::vector<Number> attended(const std::vector<Number>& qkv, const AttentionShape& shape, float scale,
                             const kernels::KernelTable& table) {
    std::vector<Number> out(outputSize(shape), Number{77});
    attention(qkv.data(), out.data(), shape, scale, table);
    return out;
}

std::vector<AttentionShape> shapes() {
    std::vector<AttentionShape> all = {{2, 1, 2, 64},    {1, 2, 3, 64},   {3, 17, 2, 64},  {2, 197, 6, 64},
                                       {1, 256, 1, 64},  {1, 257, 1, 64}, {1, 785, 2, 64}, {1, 785, 1, 80},
                                       {1, 3601, 1, 64}, {2, 40, 2, 32},  {1, 300, 2, 96}, {1, 300, 1, 128}};
    for (int headDim = 16; headDim <= 128; headDim += 16) {
        all.push_back({2, 17, 2, headDim});
        all.push_back({1, 197, 2, headDim});
    }
    return all;
}

}  // namespace

class AttentionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void floatsEqualTheDefinition_data() { addShapes(shapes()); }
    void floatsEqualTheDefinition() {
        FETCH_PATH();
        FETCH_SHAPE();
        const auto qkv = normal<float>(3 * outputSize(shape), 1.0F);
        const auto out = attended(qkv, shape, usualScale(shape), table);
        const double error = worstError(qkv, out, shape, double{usualScale(shape)});
        QVERIFY2(error <= 2e-6, qPrintable(QString::number(error)));
    }

    void bfloat16EqualsTheDefinitionToItsRounding_data() { addShapes(shapes()); }
    void bfloat16EqualsTheDefinitionToItsRounding() {
        FETCH_PATH();
        FETCH_SHAPE();
        const auto qkv = normal<std::uint16_t>(3 * outputSize(shape), 1.0F);
        const auto out = attended(qkv, shape, usualScale(shape), table);
        // The result's rounding is 2^-8 of it. Where products are of bfloat16, probabilities are rounded
        // too.
        const double error = worstError(qkv, out, shape, double{usualScale(shape)}, 1.0 / 256);
        const double allowed = kernel.bf16Products ? 1.0 / 256 : 2e-6;
        QVERIFY2(error <= allowed, qPrintable(QString::number(error)));
    }

    // Logits of some thousands: exponentials counted from the running maximum neither overflow nor give 0/0.
    void largeLogitsStayExact_data() { addPaths(); }
    void largeLogitsStayExact() {
        FETCH_PATH();
        const AttentionShape shape{1, 600, 2, 64};
        auto qkv = normal<float>(3 * outputSize(shape), 30.0F);
        const auto out = attended(qkv, shape, usualScale(shape), table);
        // A logit of 7000 is known to 2^-11 or so in floats.
        const double error = worstError(qkv, out, shape, double{usualScale(shape)});
        QVERIFY2(error <= 2e-3, qPrintable(QString::number(error)));
    }

    // Keys that only fill up a tile have the logit 0: it must not count where all real ones are far below.
    void paddingDoesNotCountWhereAllLogitsAreLow_data() { addPaths(); }
    void paddingDoesNotCountWhereAllLogitsAreLow() {
        FETCH_PATH();
        for (std::int64_t tokens : {1, 17, 63, 65, 255, 257}) {
            const AttentionShape shape{1, tokens, 1, 16};
            std::vector<float> qkv(3 * outputSize(shape));
            for (std::int64_t i = 0; i < std::int64_t(qkv.size()); ++i) {
                const std::int64_t which = i / 16 % 3;
                qkv[i] = which == 0 ? -20.0F : which == 1 ? 20.0F : 1.0F + static_cast<float>(i / 48 % 2);
            }
            double mean = 0;
            for (std::int64_t t = 0; t < tokens; ++t)
                mean += (1.0 + static_cast<double>(t % 2)) / double(tokens);
            for (float x : attended(qkv, shape, 1.0F, table))
                QVERIFY(std::abs(double{x} - mean) < 3e-6);
            const auto narrow = attended(narrowedAll(qkv), shape, 1.0F, table);
            for (std::uint16_t x : narrow)
                QVERIFY(std::abs(double{widened(x)} - mean) < 0.008);
        }
    }

    void notANumberSpoilsItsOwnQueryOnly_data() { addPaths(); }
    void notANumberSpoilsItsOwnQueryOnly() {
        FETCH_PATH();
        const AttentionShape shape{1, 70, 1, 32};
        auto qkv = normal<float>(3 * outputSize(shape), 1.0F);
        qkv[10 * 96 + 5] = std::numeric_limits<float>::quiet_NaN();
        const auto out = attended(qkv, shape, usualScale(shape), table);
        for (std::int64_t i = 0; i < outputSize(shape); ++i)
            QCOMPARE(std::isnan(out[i]), i / 32 == 10);
    }

    void threadsDoNotChangeABit_data() { addPaths(); }
    void threadsDoNotChangeABit() {
        FETCH_PATH();
        const AttentionShape shape{2, 397, 3, 48};
        const auto qkv = normal<float>(3 * outputSize(shape), 1.0F);
        setThreadCount(1);
        const auto one = attended(qkv, shape, usualScale(shape), table);
        const auto oneNarrow = attended(narrowedAll(qkv), shape, usualScale(shape), table);
        setThreadCount(3);
        QVERIFY(attended(qkv, shape, usualScale(shape), table) == one);
        QVERIFY(attended(narrowedAll(qkv), shape, usualScale(shape), table) == oneNarrow);
        setThreadCount(0);
    }

    // Many heads do not fit the scratch memory together: they are taken in groups.
    void headsInSeveralGroupsEqualHeadsAlone() {
        const AttentionShape many{1, 4100, 9, 128};
        const AttentionShape alone{1, 4100, 1, 128};
        QVERIFY(attentionScratchBytes(many) < 9 * attentionScratchBytes(alone));
        const auto column = normal<float>(3 * outputSize(alone), 1.0F);
        std::vector<float> qkv(3 * outputSize(many));
        for (std::int64_t row = 0; row < 3 * 4100; ++row) {
            for (int head = 0; head < 9; ++head) {
                std::copy_n(column.data() + row * 128, 128, qkv.data() + (row * 9 + head) * 128);
            }
        }
        const auto& table = kernels::tableOf(bestCpuPath());
        const auto want = attended(column, alone, usualScale(alone), table);
        const auto got = attended(qkv, many, usualScale(many), table);
        for (std::int64_t i = 0; i < outputSize(many); ++i) {
            if (got[i] != want[i / (9 * 128) * 128 + i % 128]) QFAIL(qPrintable(QString::number(i)));
        }
    }

    void nothingIsWrittenPastTheOutput_data() { addPaths(); }
    void nothingIsWrittenPastTheOutput() {
        FETCH_PATH();
        const AttentionShape shape{1, 7, 1, 16};
        const auto qkv = normal<float>(3 * outputSize(shape), 1.0F);
        std::vector<float> out(outputSize(shape) + 256, 77.0F);
        attention(qkv.data(), out.data() + 128, shape, 0.25F, table);
        for (int i = 0; i < 128; ++i) {
            QCOMPARE(out[i], 77.0F);
            QCOMPARE(out[128 + outputSize(shape) + i], 77.0F);
        }
    }

    void noTokensMeansNothingToDo() {
        attention(static_cast<const float*>(nullptr), nullptr, {2, 0, 3, 64}, 1.0F);
        attention(static_cast<const float*>(nullptr), nullptr, {0, 5, 3, 64}, 1.0F);
    }

    void oddHeadSizesAreRefused() {
        for (int headDim : {0, 8, 24, 144}) {
            QVERIFY(!attentionSupported(headDim));
            float x = 0;
            QVERIFY_EXCEPTION_THROWN(attention(&x, &x, {1, 1, 1, headDim}, 1.0F), Error);
        }
        QVERIFY(attentionSupported(16) && attentionSupported(128));
    }

    void memoryGrowsWithTheTokensNotTheirSquare() {
        const auto bytes = [](std::int64_t tokens) { return attentionScratchBytes({1, tokens, 6, 64}); };
        QVERIFY(bytes(16385) <= (std::int64_t{32} << 20));
        QVERIFY(bytes(1 << 20) <= 8 * (1 << 20) * 64 + (1 << 20));
    }
};

QTEST_APPLESS_MAIN(AttentionTest)
#include "attention_test.moc"
