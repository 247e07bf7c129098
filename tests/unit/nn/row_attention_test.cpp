#include "engine/nn/row_attention.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

using Groups = std::vector<TokenGroup>;

std::int64_t rowsOf(const Groups& groups) {
    std::int64_t rows = 0;
    for (const auto& [samples, tokens] : groups)
        rows += samples * tokens;
    return rows;
}

/// softmax(q kᵀ / sqrt(d)) v of each sequence as PyTorch computes it in that type.
at::Tensor plain(const at::Tensor& qkv, const Groups& groups, std::int64_t heads, bool fused) {
    const std::int64_t dim = qkv.size(1) / 3;
    std::vector<at::Tensor> outputs;
    std::int64_t first = 0;
    for (const auto& [samples, tokens] : groups) {
        const at::Tensor parts = qkv.narrow(0, first, samples * tokens)
                                     .view({samples, tokens, 3, heads, dim / heads})
                                     .permute({2, 0, 3, 1, 4});
        const double scale = 1 / std::sqrt(double(dim / heads));
        const at::Tensor out =
            fused ? at::scaled_dot_product_attention(parts[0], parts[1], parts[2])
                  : at::matmul((at::matmul(parts[0], parts[1].transpose(-1, -2)) * scale).softmax(-1),
                               parts[2]);
        outputs.push_back(out.transpose(1, 2).reshape({samples * tokens, dim}));
        first += samples * tokens;
    }
    return at::cat(outputs);
}

struct Result {
    at::Tensor out;
    at::Tensor gradient;
};

template <class Attend>
Result run(const at::Tensor& qkv, const at::Tensor& direction, at::ScalarType type, Attend attend) {
    const at::Tensor x = qkv.to(type).detach().requires_grad_();
    const at::Tensor out = attend(x);
    out.backward(direction.to(type));
    return {out.detach().to(at::kDouble), x.grad().to(at::kDouble)};
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
}

}  // namespace

class RowAttentionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheDefinitionWithItsGradient_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("headDim");
        for (const auto& [heads, headDim] :
             {std::pair(3, 16), std::pair(2, 48), std::pair(6, 64), std::pair(1, 128)})
            QTest::addRow("%d x %d", heads, headDim) << heads << headDim;
        QTest::addRow("by PyTorch, 4 x 20") << 4 << 20;  // no kernel of ours
    }

    void equalsTheDefinitionWithItsGradient() {
        QFETCH(int, heads);
        QFETCH(int, headDim);
        const Groups groups{{2, 197}, {5, 37}, {1, 1}, {3, 10}};
        at::manual_seed(1);
        const std::int64_t dim = std::int64_t(heads) * headDim;
        const at::Tensor qkv = at::randn({rowsOf(groups), 3 * dim});
        const at::Tensor direction = at::randn({rowsOf(groups), dim});
        const Result want = run(qkv, direction, at::kDouble,
                                [&](const at::Tensor& x) { return plain(x, groups, heads, false); });
        const Result found = run(qkv, direction, at::kFloat,
                                 [&](const at::Tensor& x) { return attendRows(x, groups, heads); });
        QVERIFY(greatest(found.out, want.out) < 5e-6);
        QVERIFY(greatest(found.gradient, want.gradient) < 2e-5);
    }

    void bfloat16ErrsNoMoreThanPyTorch_data() {
        QTest::addColumn<double>("amplitude");
        QTest::newRow("usual logits") << 1.0;
        QTest::newRow("peaked") << 2.5;
    }

    void bfloat16ErrsNoMoreThanPyTorch() {
        QFETCH(double, amplitude);
        const Groups groups{{4, 197}, {8, 37}};
        at::manual_seed(2);
        const at::Tensor qkv = (amplitude * at::randn({rowsOf(groups), 3 * 384})).to(at::kBFloat16);
        const at::Tensor direction = at::randn({rowsOf(groups), 384}).to(at::kBFloat16);
        const Result want =
            run(qkv, direction, at::kDouble, [&](const at::Tensor& x) { return plain(x, groups, 6, false); });
        const Result found =
            run(qkv, direction, at::kBFloat16, [&](const at::Tensor& x) { return attendRows(x, groups, 6); });
        const Result torchs = run(qkv, direction, at::kBFloat16,
                                  [&](const at::Tensor& x) { return plain(x, groups, 6, true); });
        QVERIFY2(
            distance(found.out, want.out) <= 1.02 * distance(torchs.out, want.out),
            qPrintable(
                QString("%1 %2").arg(distance(found.out, want.out)).arg(distance(torchs.out, want.out))));
        QVERIFY2(distance(found.gradient, want.gradient) <= 1.02 * distance(torchs.gradient, want.gradient),
                 qPrintable(QString("%1 %2")
                                .arg(distance(found.gradient, want.gradient))
                                .arg(distance(torchs.gradient, want.gradient))));
    }

    void sequencesDoNotDependOnTheirNeighbours() {
        at::manual_seed(3);
        const at::Tensor qkv = at::randn({4 * 37, 3 * 128});
        const at::Tensor together = attendRows(qkv, {{4, 37}}, 2);
        QVERIFY(attendRows(qkv.narrow(0, 37, 37), {{1, 37}}, 2).equal(together.narrow(0, 37, 37)));
        QVERIFY(attendRows(qkv.narrow(0, 0, 74), {{1, 37}, {1, 37}}, 2).equal(together.narrow(0, 0, 74)));
    }
};

QTEST_APPLESS_MAIN(RowAttentionTest)
#include "row_attention_test.moc"
