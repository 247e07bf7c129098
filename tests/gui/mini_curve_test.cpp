#include "ui/widgets/mini_curve.h"

#include <QTest>

using namespace dinoscope;

class MiniCurveTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theEndsOfARangeAreToldApart() {
        MiniCurve curve(QStringLiteral("Teacher momentum"), QStringLiteral("epochs"));
        curve.setValues({0, 1}, {0.996, 1});
        QCOMPARE(curve.rangeText(), QStringLiteral("0.996 – 1"));
        curve.setValues({0, 1}, {0.9995, 1});
        QCOMPARE(curve.rangeText(), QStringLiteral("0.9995 – 1"));
    }

    void whatStaysAsItIsIsOneNumber() {
        MiniCurve curve(QStringLiteral("Teacher temperature"), QStringLiteral("epochs"));
        curve.setValues({0, 1}, {0.04, 0.04});
        QCOMPARE(curve.rangeText(), QStringLiteral("0.04"));
    }
};

QTEST_MAIN(MiniCurveTest)
#include "mini_curve_test.moc"
