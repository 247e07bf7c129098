#pragma once

#include <QAction>
#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <future>
#include <memory>

#include "engine/api/gallery.h"
#include "tests/gui/window_fixture.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

inline constexpr int kOfAClass = 6;
inline constexpr int kPictures = 2 * kOfAClass;

/// Blue squares and red stripes: even an untrained network tells them apart.
inline Image makeClassPicture(bool red, int variant) {
    Image image(96, 64);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const bool on = red ? (x + 3 * variant) / 8 % 2 == 0 : ((x / 16 + y / 16 + variant) % 2 == 0);
            image.at(x, y)[red ? 0 : 2] = std::uint8_t(on ? 230 : 40 + 6 * variant);
            image.at(x, y)[1] = std::uint8_t(red ? 10 * variant : 60 + 4 * variant);
        }
    }
    return image;
}

/// Twelve pictures in two class folders, "blue" before "red".
inline void makePictures(const QString& folder) {
    for (const bool red : {false, true}) {
        const QString name = folder + (red ? QStringLiteral("/red") : QStringLiteral("/blue"));
        QDir().mkpath(name);
        for (int i = 0; i < kOfAClass; ++i) {
            writePng(QStringLiteral("%1/%2.png").arg(name).arg(i).toStdString(), makeClassPicture(red, i));
        }
    }
}

inline OptionValues smallOptions(const QString& gallery, int patch = 16) {
    OptionValues options(api::indexOptions());
    options.set("device", std::string_view("cpu"));
    options.set("precision", std::string_view("fp32"));
    options.set("weights", std::string_view("untrained"));
    options.set("arch", std::string_view("vit_tiny"));
    options.set("patch-size", OptionValue(std::int64_t(patch)));
    options.set("resize", OptionValue(std::int64_t(64)));
    options.set("crop", OptionValue(std::int64_t(64)));
    options.set("gallery", OptionValue(gallery.toStdString()));
    return options;
}

/// Built once for all tests, which copy it.
class BuiltGallery {
public:
    BuiltGallery() {
        makePictures(folder_.filePath(QStringLiteral("pictures")));
        const auto runner = api::makeEngineRunner(1);
        std::promise<JobResult> ended;
        Job job;
        job.run = [this](JobControl& control) {
            api::index(folder_.filePath(QStringLiteral("pictures")).toStdString(),
                       smallOptions(folder_.filePath(QStringLiteral("gallery"))), control);
        };
        job.finished = [&ended](const JobResult& result) { ended.set_value(result); };
        runner->submit(std::move(job));
        const JobResult result = ended.get_future().get();
        if (result.outcome != JobOutcome::Done) qFatal("the gallery was not built: %s", result.error->what());
    }

    QString pictures() const { return folder_.filePath(QStringLiteral("pictures")); }
    QString gallery() const { return folder_.filePath(QStringLiteral("gallery")); }

private:
    QTemporaryDir folder_;
};

/// What the tests of the Neighbours workspace share: one gallery, and a window of its own for each of them.
class NeighboursFixture : public QObject {
protected:
    void buildGallery() { built_ = std::make_unique<BuiltGallery>(); }
    void removeGallery() { built_.reset(); }
    void open() { fixture_ = std::make_unique<WindowFixture>(); }
    void close() { fixture_.reset(); }

    NeighboursWorkspace& workspace() { return fixture_->window->neighbours(); }
    NeighboursSession& session() { return workspace().session(); }
    ThumbnailGrid& grid() { return fixture_->find<ThumbnailGrid>("neighbourGrid"); }
    QAction& action(const char* name) { return fixture_->find<QAction>(name); }
    MessageBar& messageBar() { return fixture_->find<MessageBar>("neighboursMessage"); }
    QString message() { return messageBar().sentence(); }
    QString status() { return fixture_->find<ElidedLabel>("status").text(); }
    QString textOf(int row) { return grid().model()->index(row, 0).data().toString(); }

    void clickRemedy() {
        QTest::mouseClick(messageBar().findChild<QToolButton*>("messageAction"), Qt::LeftButton);
    }

    void openGallery() {
        fixture_->window->openPaths({built_->gallery()});
        QVERIFY(fixture_->settle());
        QVERIFY2(session().gallery(), qPrintable(message()));
    }

    void ask(int row) {
        grid().setCurrentIndex(grid().model()->index(row, 0));
        QTest::keyClick(&grid(), Qt::Key_Return);
        QVERIFY(fixture_->settle());
    }

    std::unique_ptr<BuiltGallery> built_;
    std::unique_ptr<WindowFixture> fixture_;
};

}  // namespace dinoscope
