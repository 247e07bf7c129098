#include <QDir>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"

using namespace dinoscope;

namespace {

/// What a plan may be wrong by.
constexpr double kTolerance = 0.1;

struct Configuration {
    const char* name;
    const char* options;  ///< --batch-size-per-gpu first
    /// Seconds of one thread are few: these run in the ordinary tests, all with DINOSCOPE_PLANS=all.
    bool isQuick = false;
};

/// Eight of kinds that differ: what takes the most is the activations, the prototypes, the optimizer or the
/// program itself.
const Configuration kConfigurations[]{
    {"the preset five-minutes", "--batch-size-per-gpu 32 --preset five-minutes", true},
    {"ViT-S/16, many prototypes",
     "--batch-size-per-gpu 2 --arch vit_small --local-crops-number 4 --out-dim 65536"},
    {"ViT-S/16, micro-batches, no drop path",
     "--batch-size-per-gpu 8 --micro-batch 2 --arch vit_small --img-size 112 --global-crop-size 112 "
     "--local-crop-size 48 --local-crops-number 2 --out-dim 8192 --drop-path-rate 0",
     true},
    {"ViT-S/16, activation checkpointing",
     "--batch-size-per-gpu 6 --activation-checkpointing --arch vit_small --img-size 160 --global-crop-size "
     "160 --local-crops-number 2 --out-dim 16384"},
    {"ViT-Ti/8",
     "--batch-size-per-gpu 12 --arch vit_tiny --patch-size 8 --img-size 64 --global-crop-size 64 "
     "--local-crop-size 32 --local-crops-number 4 --out-dim 4096"},
    {"ViT-B/16, SGD",
     "--batch-size-per-gpu 4 --arch vit_base --img-size 96 --global-crop-size 96 --local-crop-size 48 "
     "--local-crops-number 2 --out-dim 8192 --optimizer sgd"},
    {"ResNet-50, SGD",
     "--batch-size-per-gpu 4 --arch resnet50 --global-crop-size 96 --local-crop-size 48 "
     "--local-crops-number 2 --out-dim 8192 --optimizer sgd"},
    {"ViT-S/16, supervised, LARS",
     "--batch-size-per-gpu 16 --arch vit_small --objective supervised --img-size 112 --global-crop-size 112 "
     "--optimizer lars"},
};

QImage picture(int number) {
    QImage image(256, 240, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            image.setPixel(x, y, qRgb((x * (1 + number)) % 256, (y + number * 9) % 256, (x + y) % 256));
    }
    return image;
}

QByteArray dino(const QStringList& arguments) {
    QProcess process;
    process.start(QStringLiteral(PROGRAM_DIR "/dino"), arguments);
    process.waitForFinished(600'000);
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        qWarning("%s", process.readAllStandardError().constData());
    return process.readAllStandardOutput();
}

}  // namespace

/// The peak that `--plan` predicts and the one that metrics.jsonl then tells. The table of parts that it
/// prints is what the constants of engine/train/memory_plan.cpp are fitted to:
///   DINOSCOPE_PLANS=all build/release/tests/bin/integration_memory_plan_test
class MemoryPlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePeakIsWithinATenthOfThePlan_data() {
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("precision");
        const bool all = qEnvironmentVariable("DINOSCOPE_PLANS") == "all";
        for (const Configuration& one : kConfigurations) {
            if (!all && !one.isQuick) continue;
            QTest::addRow("%s, fp32", one.name) << QString(one.options) << "fp32";
            QTest::addRow("%s, bf16", one.name) << QString(one.options) << "bf16";
        }
    }

    void thePeakIsWithinATenthOfThePlan() {
#ifdef __SANITIZE_ADDRESS__
        QSKIP("the address sanitizer's own memory would be measured with the program's");
#endif
        QFETCH(const QString, options);
        QFETCH(const QString, precision);
        QTemporaryDir folder;
        const QStringList given = options.split(' ');
        const int batch = given[1].toInt();
        makeImages(folder.filePath("images"), 2 * batch);
        QStringList arguments{"train", "--data", folder.filePath("images"), "-o", folder.filePath("run")};
        arguments += given;
        arguments << "--threads"
                  << "2"
                  << "--epochs"
                  << "2"
                  << "--warmup-epochs"
                  << "0"
                  << "--metrics-every"
                  << "1";
        const QJsonObject device = plan(arguments);
        if (precision == "bf16" && device["precision"].toString() != "bf16")
            QSKIP("bf16 is not fast on this processor, and no one would choose it");
        arguments << "--precision" << precision;
        const QJsonObject predicted = plan(arguments);
        for (const QJsonValue& part : predicted["parts"].toArray())
            qInfo("%-44s %6.0f MB", qPrintable(part["name"].toString()), part["bytes"].toDouble() / 1e6);
        dino(arguments);
        double peak = 0;
        for (const StepMetrics& step :
             readMetrics(RunPaths(folder.filePath("run").toStdString()).metrics()).steps)
            peak = std::max(peak, step.memoryBytes);
        QVERIFY(peak > 0);
        const double total = predicted["total"].toDouble();
        qInfo("predicted %.0f MB, measured %.0f MB, ratio %.3f", total / 1e6, peak / 1e6, total / peak);
        QVERIFY(total > (1 - kTolerance) * peak);
        QVERIFY(total < (1 + kTolerance) * peak);
    }

private:
    static void makeImages(const QString& folder, int count) {
        for (int i = 0; i < count; ++i) {
            const QString to = folder + (i % 2 ? "/across" : "/along");
            QDir().mkpath(to);
            if (!picture(i).save(QString("%1/%2.jpg").arg(to).arg(i))) qFatal("cannot write images");
        }
    }

    static QJsonObject plan(const QStringList& arguments) {
        return QJsonDocument::fromJson(dino(arguments + QStringList{"--plan", "--json"})).object();
    }
};

QTEST_GUILESS_MAIN(MemoryPlanTest)
#include "memory_plan_test.moc"
