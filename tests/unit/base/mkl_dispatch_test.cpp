#include "engine/base/mkl_dispatch.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/base/cpu_features.h"

using namespace dinoscope;

namespace {

constexpr const char* kSwitch = "DINOSCOPE_MKL_AVX512";

/// The products of training in fp32: a layer, its gradient by the input and by the weight.
std::vector<at::Tensor> products(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& gradient) {
    return {at::linear(x, weight), at::mm(gradient, weight), at::mm(gradient.t(), x)};
}

std::vector<at::Tensor> ofKind(at::ScalarType type) {
    at::manual_seed(1);
    const at::Tensor x = at::randn({517, 96});
    const at::Tensor weight = at::randn({160, 96});
    const at::Tensor gradient = at::randn({517, 160});
    return products(x.to(type), weight.to(type), gradient.to(type));
}

void report(QTextStream& out) {
    out << (mklTakesAvx512() ? "avx512" : "itself") << '\n';
    const std::vector<at::Tensor> found = ofKind(at::kFloat);
    const std::vector<at::Tensor> exact = ofKind(at::kDouble);
    for (std::size_t i = 0; i < found.size(); ++i)
        out << (found[i] - exact[i]).abs().max().item<double>() << '\n';
}

/// What this program says with the switch set so.
QStringList reportWith(const QString& value) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(kSwitch, value);
    environment.insert("MKL_DISPATCH_REPORT", "1");
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(), QStringList());
    if (!process.waitForFinished(120000)) return {};
    return QString::fromUtf8(process.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
}

}  // namespace

class MklDispatchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void productsAreRightEitherWay_data() {
        QTest::addColumn<QString>("value");
        QTest::newRow("AVX512 where there is any") << "1";
        QTest::newRow("left to itself") << "0";
    }

    void productsAreRightEitherWay() {
        QFETCH(QString, value);
        const QStringList lines = reportWith(value);
        QCOMPARE(lines.size(), 4);
        for (int i = 1; i < lines.size(); ++i)
            QVERIFY2(lines[i].toDouble() < 1e-4, qPrintable(lines[i]));
    }

    void theSwitchTurnsItOff() { QCOMPARE(reportWith("0").value(0), QString("itself")); }

    void theProcessorsOfTheAvx2PathAreLeftAlone() {
        if (cpuPath() >= CpuPath::Avx512) QSKIP("our kernels use AVX512 here");
        QVERIFY(!mklTakesAvx512());
    }
};

int main(int count, char** arguments) {
    QCoreApplication application(count, arguments);
    if (qEnvironmentVariableIsSet("MKL_DISPATCH_REPORT")) {
        QTextStream out(stdout);
        report(out);
        return 0;
    }
    MklDispatchTest test;
    return QTest::qExec(&test, count, arguments);
}

#include "mkl_dispatch_test.moc"
