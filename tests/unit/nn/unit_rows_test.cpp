#include "engine/nn/unit_rows.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/nn/autocast.h"

using namespace dinoscope;

namespace {

/// The rows and the gradients by v and g, of a sum that weighs each number differently.
template <class Normalise>
std::vector<at::Tensor> run(at::ScalarType type, std::int64_t dim, Normalise normalise) {
    at::manual_seed(1);
    const at::Tensor v = (0.02 * at::randn({700, dim})).to(type).requires_grad_();
    const at::Tensor g = (1 + at::randn({700, 1})).to(type).requires_grad_();
    const at::Tensor x = at::randn({24, dim}).to(type);
    const at::Tensor direction = at::randn({24, 700}).to(type);
    const at::Tensor w = normalise(v, g);
    const at::Tensor y = at::linear(x, w);
    (y.to(type) * direction).sum().backward();
    return {w.detach(), v.grad(), g.grad()};
}

at::Tensor plain(const at::Tensor& v, const at::Tensor& g) {
    return at::_weight_norm(v, g, 0);
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b).norm() / b.norm()).item<double>();
}

}  // namespace

class UnitRowsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsWeightNormWithItsGradients_data() {
        QTest::addColumn<int>("dim");
        for (const int dim : {16, 256, 20})
            QTest::addRow("%d", dim) << dim;
    }

    void equalsWeightNormWithItsGradients() {
        QFETCH(int, dim);
        const std::vector<at::Tensor> want = run(at::kDouble, dim, plain);
        const std::vector<at::Tensor> found = run(at::kFloat, dim, unitRows);
        for (std::size_t i = 0; i < want.size(); ++i)
            QVERIFY2(distance(found[i], want[i]) < 2e-6, qPrintable(QString("%1").arg(i)));
    }

    void bfloat16ErrsNoMoreThanPyTorchsAutocast() {
        const std::vector<at::Tensor> want = run(at::kDouble, 256, plain);
        const AutocastGuard autocast(at::kCPU, true);
        const std::vector<at::Tensor> found = run(at::kFloat, 256, unitRows);
        QCOMPARE(found[0].scalar_type(), at::kBFloat16);
        const std::vector<at::Tensor> torchs =
            run(at::kFloat, 256,
                [](const at::Tensor& v, const at::Tensor& g) { return plain(v, g).to(at::kBFloat16); });
        for (std::size_t i = 0; i < want.size(); ++i) {
            QVERIFY2(distance(found[i], want[i]) <= 1.02 * distance(torchs[i], want[i]),
                     qPrintable(QString("%1: %2 %3")
                                    .arg(i)
                                    .arg(distance(found[i], want[i]))
                                    .arg(distance(torchs[i], want[i]))));
        }
    }
};

QTEST_APPLESS_MAIN(UnitRowsTest)
#include "unit_rows_test.moc"
