#include "engine/nn/kernels/attention_rows.h"

#include <QTest>
#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "kernel_paths.h"

using namespace dinoscope;

namespace {

float widened(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}
float widened(float x) {
    return x;
}

std::vector<float> normal(std::int64_t count, float amplitude, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0F, amplitude);
    std::vector<float> numbers(count);
    for (float& x : numbers)
        x = distribution(generator);
    return numbers;
}

std::vector<std::uint16_t> cut(const std::vector<float>& numbers) {
    std::vector<std::uint16_t> bits;
    for (float x : numbers)
        bits.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16));
    return bits;
}

// Queries [heads, rows, headDim], keys inside a qkv [tokens, 3, heads, headDim].
template <class Number>
struct Problem {
    RowsShape shape;
    float scale;
    std::vector<Number> queries;
    std::vector<Number> qkv;

    RowsOperand<Number> queryOperand() const {
        return {queries.data(), shape.rows * shape.headDim, shape.headDim};
    }
    RowsOperand<Number> keyOperand() const {
        return {qkv.data() + shape.heads * shape.headDim, shape.headDim, 3 * shape.heads * shape.headDim};
    }

    std::vector<float> solved(const kernels::KernelTable& table) const {
        std::vector<float> out(shape.heads * shape.rows * shape.tokens, 77.0F);
        attentionRows(queryOperand(), keyOperand(), out.data(), shape, scale, table);
        return out;
    }

    // The largest error as a part of its row's largest probability; not a number where one is not.
    double worstError(const std::vector<float>& out) const {
        double worst = 0;
        for (std::int64_t row = 0; row < shape.heads * shape.rows; ++row) {
            const std::int64_t head = row / shape.rows;
            std::vector<double> p(shape.tokens);
            for (std::int64_t t = 0; t < shape.tokens; ++t) {
                const Number* key = keyOperand().data + head * shape.headDim + t * keyOperand().rowStride;
                for (std::int64_t d = 0; d < shape.headDim; ++d) {
                    p[t] += double{scale} * double{widened(queries[row * shape.headDim + d])} *
                            double{widened(key[d])};
                }
            }
            const double top = *std::max_element(p.begin(), p.end());
            double sum = 0;
            for (double& x : p)
                sum += x = std::exp(x - top);
            for (std::int64_t t = 0; t < shape.tokens; ++t) {
                const double error = std::abs(double{out[row * shape.tokens + t]} - p[t] / sum) * sum;
                if (!(error <= worst)) worst = error;
            }
        }
        return worst;
    }
};

Problem<float> problem(const RowsShape& s, float amplitude = 1.0F) {
    return {s, 1.0F / std::sqrt(static_cast<float>(s.headDim)),
            normal(s.heads * s.rows * s.headDim, amplitude, 1),
            normal(s.tokens * 3 * s.heads * s.headDim, amplitude, 2)};
}

Problem<std::uint16_t> narrowProblem(const RowsShape& s) {
    const Problem<float> wide = problem(s);
    return {s, wide.scale, cut(wide.queries), cut(wide.qkv)};
}

void addPaths() {
    QTest::addColumn<int>("path");
    const auto paths = kernelPaths();
    for (int path = 0; path < static_cast<int>(paths.size()); ++path)
        QTest::newRow(paths[path].name) << path;
}

}  // namespace

#define FETCH_PATH()                                            \
    QFETCH(int, path);                                          \
    const KernelPath kernel = kernelPaths()[path];              \
    if (!kernel.missing.empty()) QSKIP(kernel.missing.c_str()); \
    const kernels::KernelTable& table = *kernel.table

class AttentionRowsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void probabilitiesEqualTheDefinition_data() { addPaths(); }
    void probabilitiesEqualTheDefinition() {
        FETCH_PATH();
        for (int headDim = 16; headDim <= 128; headDim += 16) {
            for (std::int64_t rows : {1, 2, 3}) {
                for (std::int64_t tokens : {1, 2, 17, 197, 513}) {
                    const auto floats = problem({2, rows, tokens, headDim});
                    const double error = floats.worstError(floats.solved(table));
                    QVERIFY2(error <= 2e-6,
                             qPrintable(QString("%1 %2 %3").arg(error).arg(headDim).arg(tokens)));
                    const auto narrow = narrowProblem({2, rows, tokens, headDim});
                    const double narrowError = narrow.worstError(narrow.solved(table));
                    QVERIFY2(narrowError <= 2e-6, qPrintable(QString::number(narrowError)));
                }
            }
        }
    }

    void longRowsSumToOne_data() { addPaths(); }
    void longRowsSumToOne() {
        FETCH_PATH();
        const auto p = problem({2, 1, 16385, 64});
        const auto out = p.solved(table);
        QVERIFY(p.worstError(out) <= 2e-6);
        for (int head = 0; head < 2; ++head) {
            double sum = 0;
            for (int t = 0; t < 16385; ++t)
                sum += double{out[head * 16385 + t]};
            QVERIFY(std::abs(sum - 1) < 1e-6);
        }
    }

    void largeLogitsStayExact_data() { addPaths(); }
    void largeLogitsStayExact() {
        FETCH_PATH();
        const auto p = problem({1, 2, 300, 64}, 30.0F);
        QVERIFY(p.worstError(p.solved(table)) <= 2e-3);
    }

    void threadsDoNotChangeABit_data() { addPaths(); }
    void threadsDoNotChangeABit() {
        FETCH_PATH();
        const auto p = problem({3, 2, 2500, 32});
        setThreadCount(1);
        const auto one = p.solved(table);
        setThreadCount(3);
        QVERIFY(p.solved(table) == one);
        setThreadCount(0);
    }

    void aRowDoesNotDependOnItsCompany_data() { addPaths(); }
    void aRowDoesNotDependOnItsCompany() {
        FETCH_PATH();
        auto p = problem({1, 5, 100, 64});
        const auto together = p.solved(table);
        p.shape.rows = 1;
        for (int row = 0; row < 5; ++row) {
            const auto alone = p.solved(table);
            QVERIFY(std::equal(alone.begin(), alone.end(), together.begin() + row * 100));
            p.queries.erase(p.queries.begin(), p.queries.begin() + 64);
        }
    }

    void oddHeadSizesAreRefused() {
        float x = 0;
        QVERIFY_EXCEPTION_THROWN(attentionRows({&x, 1, 1}, {&x, 1, 1}, &x, {1, 1, 1, 8}, 1.0F), Error);
    }
};

QTEST_APPLESS_MAIN(AttentionRowsTest)
#include "attention_rows_test.moc"
