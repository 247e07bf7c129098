#include "engine/nn/gelu.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>

using namespace dinoscope;

namespace {

/// GELU and its gradient times `outer`, in double.
std::pair<at::Tensor, at::Tensor> run(const at::Tensor& values, const at::Tensor& outer, at::ScalarType type,
                                      bool plain) {
    const at::Tensor x = values.to(type).detach().requires_grad_();
    const at::Tensor y = plain ? at::gelu(x) : geluOf(x);
    y.backward(outer.to(type));
    return {y.detach().to(at::kDouble), x.grad().to(at::kDouble)};
}

double worst(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

}  // namespace

class GeluTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheErfFormWithItsGradient() {
        // Far tails, both zeros, and a part that fills no vector group of four.
        const at::Tensor x = at::cat({at::linspace(-12, 12, 40001 - 1 - 32, at::kFloat),
                                      at::tensor({0.0F, -0.0F}), at::logspace(-30, 1, 46, 10, at::kFloat)});
        const at::Tensor usable = x.narrow(0, 0, x.numel() / 16 * 16);
        at::manual_seed(1);
        const at::Tensor outer = at::randn_like(usable);
        const auto [y, gradient] = run(usable, outer, at::kFloat, false);
        const auto [wantY, wantGradient] = run(usable, outer, at::kDouble, true);
        QVERIFY2(worst(y, wantY) < 1.5e-6, qPrintable(QString::number(worst(y, wantY))));
        QVERIFY2(worst(gradient, wantGradient) < 2e-6,
                 qPrintable(QString::number(worst(gradient, wantGradient))));
    }

    void bfloat16ErrsNoMoreThanPyTorch() {
        at::manual_seed(2);
        const at::Tensor x = (2 * at::randn({1000, 1536})).to(at::kBFloat16);
        const at::Tensor outer = at::randn({1000, 1536}).to(at::kBFloat16);
        const auto [y, gradient] = run(x, outer, at::kBFloat16, false);
        const auto [torchY, torchGradient] = run(x, outer, at::kBFloat16, true);
        const auto [wantY, wantGradient] = run(x, outer, at::kDouble, true);
        QVERIFY((y - wantY).norm().item<double>() <= 1.02 * (torchY - wantY).norm().item<double>());
        QVERIFY((gradient - wantGradient).norm().item<double>() <=
                1.02 * (torchGradient - wantGradient).norm().item<double>());
    }

    void aNumberThatIsNoneStaysSo() {
        const at::Tensor x = at::full({32}, 0.5F);
        x[3] = std::numeric_limits<float>::quiet_NaN();
        const at::Tensor y = geluOf(x);
        QCOMPARE(y.isnan().sum().item<std::int64_t>(), std::int64_t(1));
        QVERIFY(y[3].isnan().item<bool>());
    }

    void oddCountsTakeTheOtherWay() {
        const at::Tensor x = at::randn({3, 7});
        QVERIFY(geluOf(x).equal(at::gelu(x)));
    }
};

QTEST_APPLESS_MAIN(GeluTest)
#include "gelu_test.moc"
