#pragma once

#include <QDir>
#include <QFileInfo>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"
#include "tests/integration/program.h"

namespace dinoscope {

constexpr int kImages = 24;
constexpr int kStepsPerEpoch = 6;

/// A network and crops as small as can be: a step takes some 50 ms. One thread, for tests run beside each
/// other; so small a network gains nothing from a second.
inline const QStringList kSmall =
    QStringLiteral(
        "--arch vit_tiny --img-size 32 --global-crop-size 32 --local-crop-size 16 --local-crops-number 2 "
        "--out-dim 64 --batch-size-per-gpu 4 --epochs 2 --warmup-epochs 1 --freeze-last-layer 1 "
        "--drop-path-rate 0.2 --metrics-every 1 --threads 1")
        .split(u' ');

inline QImage picture(int number) {
    return stripes(number, 48, 40);
}

/// A folder with two classes, made once.
class Images {
public:
    Images() {
        for (int i = 0; i < kImages; ++i) {
            const QString file = folder_.filePath(nameOf(i));
            QDir().mkpath(QFileInfo(file).path());
            if (!picture(i).save(file)) qFatal("cannot write images");
        }
    }
    QString path() const { return folder_.path(); }

    static QString classOf(int number) { return number % 2 ? "across" : "along"; }
    static QString nameOf(int number) { return QString("%1/%2.png").arg(classOf(number)).arg(number); }

private:
    QTemporaryDir folder_;
};

inline const Images& images() {
    static const Images made;
    return made;
}

/// Of two runs, to the last bit; time, rate and memory aside.
inline bool sameSteps(const Metrics& a, const Metrics& b) {
    if (a.steps.size() != b.steps.size() || a.epochs.size() != b.epochs.size()) return false;
    for (std::size_t i = 0; i < a.steps.size(); ++i) {
        if (!sameNumbers(a.steps[i], b.steps[i])) return false;
    }
    for (std::size_t i = 0; i < a.epochs.size(); ++i) {
        if (a.epochs[i].loss != b.epochs[i].loss || a.epochs[i].knnTop1 != b.epochs[i].knnTop1) return false;
    }
    return true;
}

/// What tests of `dino train` have in common: a folder for each of them, with runs by their names.
class TrainRuns {
protected:
    void makeFolder() { folder_ = std::make_unique<QTemporaryDir>(); }

    QString path(const QString& name) const { return folder_->filePath(name); }
    QStringList train(const QString& name = "run") const { return trainOn(images().path(), name); }
    QStringList trainOn(const QString& data, const QString& name = "run") const {
        return QStringList{"train", "--data", data, "-o", path(name)} + kSmall;
    }
    RunPaths paths(const QString& name) const { return RunPaths(path(name).toStdString()); }
    Metrics metricsOf(const QString& name) const { return readMetrics(paths(name).metrics()); }

    bool waitForSteps(const QString& name, std::size_t steps) const {
        return QTest::qWaitFor(
            [&] {
                return std::filesystem::exists(paths(name).metrics()) &&
                       metricsOf(name).steps.size() >= steps;
            },
            120'000);
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
};

}  // namespace dinoscope
