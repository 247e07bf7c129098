#pragma once

#include <QAction>
#include <QDir>
#include <QSignalSpy>
#include <QTest>
#include <functional>
#include <memory>

#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"
#include "tests/gui/window_fixture.h"
#include "ui/train/train_workspace.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

/// A window of its own for each test of the Train workspace, and a tiny run: 24 pictures in two classes, 6
/// steps an epoch, each of some 50 ms.
class TrainFixture : public QObject {
protected:
    static constexpr int kImages = 24;
    static constexpr int kStepsPerEpoch = 6;

    void open() {
        fixture_ = std::make_unique<WindowFixture>();
        session().setup().setNeverMeasure(true);
        addImages(0, kImages);
    }
    void addImages(int first, int last) {
        for (int i = first; i < last; ++i) {
            const QString folder = path(i % 2 ? "images/across" : "images/along");
            QDir().mkpath(folder);
            writePng(QStringLiteral("%1/%2.png").arg(folder).arg(i).toStdString(), stripes(i));
        }
    }
    void close() { fixture_.reset(); }

    QString path(const char* name) const { return fixture_->path(QLatin1String(name)); }
    TrainWorkspace& workspace() { return fixture_->window->train(); }
    TrainSession& session() { return workspace().session(); }
    RunDriver& driver() { return session().driver(); }
    template <typename Widget>
    Widget& find(const char* name) {
        return fixture_->find<Widget>(name);
    }
    void click(const char* button) { QTest::mouseClick(&find<QWidget>(button), Qt::LeftButton); }
    QAction& action(const char* name) { return fixture_->find<QAction>(name); }
    QString message() { return fixture_->find<MessageBar>("trainMessage").sentence(); }
    RunPaths run() const { return RunPaths(path("run").toStdString()); }
    std::size_t recordedSteps() const { return readMetrics(run().metrics()).steps.size(); }

    void set(const char* key, const char* value) {
        const OptionSpec* spec = trainOptions().find(key);
        if (!spec) qFatal("no option is called %s", key);
        session().setup().edit(spec->key, parseOptionValue(*spec, value));
    }

    /// Everything but the start of a run of `epochs` epochs in "run".
    void setUp(int epochs) {
        fixture_->window->setWorkspace(QStringLiteral("train"));
        const std::pair<const char*, const char*> options[] = {
            {"img-size", "32"},          {"global-crop-size", "32"}, {"local-crop-size", "16"},
            {"local-crops-number", "2"}, {"out-dim", "64"},          {"batch-size-per-gpu", "4"},
            {"warmup-epochs", "0"},      {"metrics-every", "1"},     {"cache-memory", "0"},
            {"num-workers", "1"},        {"save-every", "0"}};
        for (const auto& [key, value] : options)
            set(key, value);
        set("epochs", QByteArray::number(epochs).constData());
        session().setup().setOutput(path("run"));
        workspace().openFolder(path("images"));
        QVERIFY(fixture_->settle());
        QVERIFY2(action("actionStartTraining").isEnabled(),
                 session().setup().problem() ? qPrintable(session().setup().problem()->sentence) : "");
    }

    /// Until what the driver tells fulfils it: by its signals.
    [[nodiscard]] bool until(const std::function<bool()>& fulfilled) {
        QSignalSpy progressed(&driver(), &RunDriver::progressed);
        while (!fulfilled()) {
            if (!progressed.wait(30000)) return fulfilled();
        }
        return true;
    }
    [[nodiscard]] bool untilPhase(RunPhase phase) {
        return until([this, phase] { return driver().state().phase == phase; });
    }
    [[nodiscard]] bool untilSteps(std::int64_t steps) {
        return until([this, steps] { return driver().lastStep() && driver().lastStep()->step + 1 >= steps; });
    }

    std::unique_ptr<WindowFixture> fixture_;

private:
    /// No two alike.
    static Image stripes(int number) {
        Image image(48, 40);
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) {
                const int along = number % 2 ? x : y;
                image.at(x, y)[0] = std::uint8_t(along * (3 + number) % 256);
                image.at(x, y)[1] = std::uint8_t((x + number * 9) % 256);
                image.at(x, y)[2] = std::uint8_t(y * 5 % 256);
            }
        }
        return image;
    }
};

}  // namespace dinoscope
