#include "engine/nn/row_selection.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <QtTest/QtTest>

#include "engine/base/parallel.h"
#include "engine/nn/autocast.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

constexpr double kEpsilon = 1e-6;

struct Values {
    at::Tensor x, rows, weight, bias, mix, direction;
};

Values drawn(std::int64_t count, std::int64_t dim, bool chosen) {
    at::manual_seed(1);
    Values v{at::randn({count, dim}) + 3, {}, at::randn({dim}), at::randn({dim}), at::randn({dim, dim}) / 6,
             at::randn({count, dim})};
    if (chosen) v.rows = at::randperm(count, at::kLong).narrow(0, 0, count / 2);
    return v;
}

std::vector<at::Tensor> leaves(const Values& v, at::ScalarType type) {
    std::vector<at::Tensor> found;
    for (const at::Tensor& tensor : {v.x, v.weight, v.bias, v.mix})
        found.push_back(tensor.to(type).detach().clone().requires_grad_());
    return found;
}

/// x + 1.25 * (norm(x[rows]) mix) on those rows: output and gradients by x, weight, bias and mix.
std::vector<at::Tensor> branch(const Values& v, at::ScalarType type, bool plain) {
    const std::vector<at::Tensor> p = leaves(v, type);
    at::Tensor y;
    if (plain) {
        const at::Tensor chosen = v.rows.defined() ? p[0].index_select(0, v.rows) : p[0];
        const at::Tensor change =
            at::matmul(at::layer_norm(chosen, {p[1].size(0)}, p[1], p[2], kEpsilon), p[3]) * 1.25;
        y = v.rows.defined() ? p[0].index_add(0, v.rows, change.to(type)) : p[0] + change;
    } else {
        const NormedRows input = normRows(p[0], v.rows, p[1], p[2], kEpsilon);
        y = addToRows(input.stream, v.rows, at::matmul(input.rows, p[3]), 1.25);
    }
    y.backward(v.direction.to(type));
    std::vector<at::Tensor> found{y.detach()};
    for (const at::Tensor& tensor : p)
        found.push_back(tensor.grad());
    return found;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b).norm() / b.norm()).item<double>();
}

}  // namespace

class RowSelectionTest : public QObject {
    Q_OBJECT

    static void addCases() {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("dim");
        QTest::addColumn<bool>("chosen");
        for (const bool chosen : {false, true}) {
            for (const auto& [count, dim] :
                 {std::pair(1, 32), std::pair(64, 48), std::pair(333, 384), std::pair(70, 20)})
                QTest::addRow("%d x %d%s", count, dim, chosen ? ", half of the rows" : "")
                    << count << dim << chosen;
        }
    }

private Q_SLOTS:
    void aBranchEqualsTheFormulaWithItsGradients_data() { addCases(); }
    void aBranchEqualsTheFormulaWithItsGradients() {
        QFETCH(int, count);
        QFETCH(int, dim);
        QFETCH(bool, chosen);
        const Values v = drawn(count, dim, chosen);
        const std::vector<at::Tensor> want = branch(v, at::kDouble, true);
        const std::vector<at::Tensor> found = branch(v, at::kFloat, false);
        for (std::size_t i = 0; i < want.size(); ++i) {
            if (want[i].norm().item<double>() == 0) continue;  // half of one row is none
            QVERIFY2(distance(found[i], want[i]) < 2e-6,
                     qPrintable(QString("%1: %2").arg(i).arg(distance(found[i], want[i]))));
        }
    }

    void doublesTakeThePlainWay() {
        const Values v = drawn(37, 48, true);
        const std::vector<at::Tensor> want = branch(v, at::kDouble, true);
        const std::vector<at::Tensor> found = branch(v, at::kDouble, false);
        for (std::size_t i = 0; i < want.size(); ++i)
            QVERIFY(greatest(found[i], want[i]) < 1e-12);
    }

    void bfloat16ErrsNoMoreThanPyTorchsAutocast() {
        const Values v = drawn(333, 384, true);
        const std::vector<at::Tensor> want = branch(v, at::kDouble, true);
        const AutocastGuard autocast(at::kCPU, true);
        const std::vector<at::Tensor> found = branch(v, at::kFloat, false);
        const std::vector<at::Tensor> torchs = branch(v, at::kFloat, true);
        for (std::size_t i = 0; i < want.size(); ++i) {
            QVERIFY2(distance(found[i], want[i]) <= 1.02 * distance(torchs[i], want[i]),
                     qPrintable(QString("%1: %2 %3")
                                    .arg(i)
                                    .arg(distance(found[i], want[i]))
                                    .arg(distance(torchs[i], want[i]))));
        }
    }

    void threadsDoNotChangeABit() {
        const Values v = drawn(1000, 64, true);
        const int before = at::get_num_threads();
        setThreadCount(1);
        const std::vector<at::Tensor> one = branch(v, at::kFloat, false);
        setThreadCount(3);
        const std::vector<at::Tensor> three = branch(v, at::kFloat, false);
        setThreadCount(before);
        for (const std::size_t i : {2U, 3U})  // weight and bias; the product is LibTorch's
            QVERIFY(distance(three[i], one[i].to(at::kDouble)) < 1e-6);
    }
};

QTEST_APPLESS_MAIN(RowSelectionTest)
#include "row_selection_test.moc"
