#include "engine/nn/kernels/attention_gradient.h"

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

/// Input, and what a path makes of it.
template <class Number>
struct Trial {
    Trial(const AttentionShape& s, float amplitude)
        : shape(s),
          qkv(normal<Number>(3 * outputSize(s), amplitude, 1)),
          outGradient(normal<Number>(outputSize(s), 1, 2)) {}

    std::vector<Number> run(const kernels::KernelTable& table) const {
        std::vector<Number> out(std::size_t(outputSize(shape)), Number{});
        std::vector<float> sums(std::size_t(shape.batch * shape.tokens * shape.heads));
        attention(qkv.data(), out.data(), shape, usualScale(shape), table, sums.data());
        std::vector<Number> gradient(qkv.size() + 256, Number{77});
        attentionGradient(AttentionGradientData<Number>{qkv.data(), out.data(), outGradient.data(),
                                                        sums.data(), gradient.data() + 128},
                          shape, usualScale(shape), table);
        return gradient;
    }

    AttentionShape shape;
    std::vector<Number> qkv;
    std::vector<Number> outGradient;
};

/// One head's gradients [3][tokens][headDim] in double precision, by the chain rule through the whole matrix
/// of probabilities.
template <class Number>
std::vector<double> reference(const Trial<Number>& trial, std::int64_t image, std::int64_t head) {
    const AttentionShape& s = trial.shape;
    const std::int64_t n = s.tokens, d = s.headDim, dim = s.heads * d;
    const double scale = usualScale(s);
    const auto in = [&](int which, std::int64_t t, std::int64_t k) {
        return double{widened(trial.qkv[std::size_t(((image * n + t) * 3 + which) * dim + head * d + k)])};
    };
    const auto outer = [&](std::int64_t t, std::int64_t k) {
        return double{widened(trial.outGradient[std::size_t((image * n + t) * dim + head * d + k)])};
    };
    std::vector<double> gradient(std::size_t(3 * n * d), 0.0);
    const auto at = [&](int which, std::int64_t t, std::int64_t k) -> double& {
        return gradient[std::size_t((which * n + t) * d + k)];
    };
    std::vector<double> p(std::size_t(n), 0.0), change(std::size_t(n), 0.0);
    for (std::int64_t q = 0; q < n; ++q) {
        double top = -1e300, sum = 0, dot = 0;
        for (std::int64_t t = 0; t < n; ++t) {
            double logit = 0, along = 0;
            for (std::int64_t k = 0; k < d; ++k) {
                logit += scale * in(0, q, k) * in(1, t, k);
                along += outer(q, k) * in(2, t, k);
            }
            p[std::size_t(t)] = logit;
            change[std::size_t(t)] = along;
            top = std::max(top, logit);
        }
        for (double& x : p)
            sum += x = std::exp(x - top);
        for (std::int64_t t = 0; t < n; ++t)
            dot += (p[std::size_t(t)] /= sum) * change[std::size_t(t)];
        for (std::int64_t t = 0; t < n; ++t) {
            const double c = scale * p[std::size_t(t)] * (change[std::size_t(t)] - dot);
            for (std::int64_t k = 0; k < d; ++k) {
                at(0, q, k) += c * in(1, t, k);
                at(1, t, k) += c * in(0, q, k);
                at(2, t, k) += p[std::size_t(t)] * outer(q, k);
            }
        }
    }
    return gradient;
}

/// The largest error of each kind of gradient, as a part of that kind's largest value in its head (of 1/4,
/// where all are smaller: a single token's queries and keys have none).
template <class Number>
double worstError(const Trial<Number>& trial, const std::vector<Number>& found) {
    const AttentionShape& s = trial.shape;
    const std::int64_t n = s.tokens, d = s.headDim, dim = s.heads * d;
    double worst = 0;
    for (std::int64_t item = 0; item < s.batch * s.heads; ++item) {
        const std::int64_t image = item / s.heads, head = item % s.heads;
        const std::vector<double> want = reference(trial, image, head);
        for (int which = 0; which < 3; ++which) {
            double top = 0.25, off = 0;
            for (std::int64_t i = 0; i < n * d; ++i) {
                const double expected = want[std::size_t(which * n * d + i)];
                const std::int64_t place = ((image * n + i / d) * 3 + which) * dim + head * d + i % d + 128;
                const double error = std::abs(double{widened(found[std::size_t(place)])} - expected);
                top = std::max(top, std::abs(expected));
                if (!(error <= off)) off = error;
            }
            if (!(off / top <= worst)) worst = off / top;
        }
    }
    return worst;
}

std::vector<AttentionShape> shapes() {
    std::vector<AttentionShape> all = {{2, 1, 2, 64},   {1, 2, 3, 64},   {3, 10, 2, 64},  {2, 16, 2, 64},
                                       {2, 37, 6, 64},  {1, 96, 2, 64},  {1, 97, 1, 64},  {2, 197, 3, 64},
                                       {1, 256, 1, 64}, {1, 257, 1, 64}, {1, 513, 1, 32}, {1, 785, 1, 64}};
    for (int headDim = 16; headDim <= 128; headDim += 16)
        all.push_back({2, 37, 2, headDim});
    return all;
}

}  // namespace

class AttentionGradientTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void floatsEqualTheChainRule_data() { addShapes(shapes()); }
    void floatsEqualTheChainRule() {
        FETCH_PATH();
        FETCH_SHAPE();
        const Trial<float> trial(shape, 1);
        const double error = worstError(trial, trial.run(table));
        QVERIFY2(error <= 4e-6, qPrintable(QString::number(error)));
    }

    // Logits of some tens: most probabilities vanish, some are nearly one.
    void peakedAttentionStaysExact_data() { addPaths(); }
    void peakedAttentionStaysExact() {
        FETCH_PATH();
        const Trial<float> trial({1, 300, 2, 64}, 3);
        const double error = worstError(trial, trial.run(table));
        QVERIFY2(error <= 5e-5, qPrintable(QString::number(error)));
    }

    void bfloat16EqualsTheChainRuleToItsRounding_data() { addShapes(shapes()); }
    void bfloat16EqualsTheChainRuleToItsRounding() {
        FETCH_PATH();
        FETCH_SHAPE();
        const Trial<std::uint16_t> trial(shape, 1);
        // Results, and the attention's output that they are made of, are rounded to 2^-9; where products are
        // of bfloat16, probabilities and their changes are too.
        const double error = worstError(trial, trial.run(table));
        QVERIFY2(error <= 1.0 / 128, qPrintable(QString::number(error)));
    }

    void lowLogitsDoNotSpoilThePadding_data() { addPaths(); }
    void lowLogitsDoNotSpoilThePadding() {
        FETCH_PATH();
        for (const std::int64_t tokens : {1, 15, 17, 65, 257}) {
            Trial<float> trial({1, tokens, 1, 16}, 1);
            Trial<std::uint16_t> narrow({1, tokens, 1, 16}, 1);
            for (std::size_t i = 0; i < trial.qkv.size(); ++i) {
                const std::size_t which = i / 16 % 3;
                if (which < 2) trial.qkv[i] = which == 0 ? -20.0F : 20.0F;
                narrow.qkv[i] = narrowed<std::uint16_t>(trial.qkv[i]);
            }
            // A logit of -1600 is known to 2^-13 or so in floats.
            QVERIFY(worstError(trial, trial.run(table)) < 1e-3);
            QVERIFY(worstError(narrow, narrow.run(table)) < 0.25);
        }
    }

    void notANumberSpoilsItsOwnSequenceOnly_data() { addPaths(); }
    void notANumberSpoilsItsOwnSequenceOnly() {
        FETCH_PATH();
        const AttentionShape shape{2, 70, 1, 32};
        Trial<float> trial(shape, 1);
        trial.qkv[10 * 96 + 5] = std::numeric_limits<float>::quiet_NaN();
        const std::vector<float> found = trial.run(table);
        bool spoilt = false;
        for (std::size_t i = 0; i < trial.qkv.size(); ++i) {
            const bool isNan = std::isnan(found[128 + i]);
            spoilt = spoilt || isNan;
            QVERIFY(!isNan || i < trial.qkv.size() / 2);
        }
        QVERIFY(spoilt);
    }

    void neitherThreadsNorNeighboursChangeABit_data() { addPaths(); }
    void neitherThreadsNorNeighboursChangeABit() {
        FETCH_PATH();
        const Trial<float> many({3, 197, 2, 48}, 1);
        Trial<float> one({1, 197, 2, 48}, 1);
        std::copy_n(many.qkv.begin() + std::ptrdiff_t(one.qkv.size()), one.qkv.size(), one.qkv.begin());
        std::copy_n(many.outGradient.begin() + std::ptrdiff_t(one.outGradient.size()), one.outGradient.size(),
                    one.outGradient.begin());
        setThreadCount(3);
        const std::vector<float> found = many.run(table);
        setThreadCount(1);
        QVERIFY(many.run(table) == found);
        const std::vector<float> alone = one.run(table);
        QVERIFY(std::equal(alone.begin() + 128, alone.end() - 128,
                           found.begin() + 128 + std::ptrdiff_t(one.qkv.size())));
        setThreadCount(0);
    }

    void nothingIsWrittenAround_data() { addPaths(); }
    void nothingIsWrittenAround() {
        FETCH_PATH();
        const Trial<float> trial({1, 7, 1, 16}, 1);
        const std::vector<float> found = trial.run(table);
        for (std::size_t i = 0; i < 128; ++i) {
            QCOMPARE(found[i], 77.0F);
            QCOMPARE(found[found.size() - 1 - i], 77.0F);
        }
    }

    void oddHeadSizesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(attentionGradient(AttentionGradientData<float>{}, {1, 1, 1, 24}, 1.0F,
                                                   kernels::tableOf(bestCpuPath())),
                                 Error);
    }
};

QTEST_APPLESS_MAIN(AttentionGradientTest)
#include "attention_gradient_test.moc"
