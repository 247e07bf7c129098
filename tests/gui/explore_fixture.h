#pragma once

#include <QAction>
#include <QTest>
#include <memory>

#include "tests/gui/window_fixture.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

/// What the tests of the Explore workspace share: a window of its own for each of them.
class ExploreFixture : public QObject {
protected:
    void open() { fixture_ = std::make_unique<WindowFixture>(); }
    void close() { fixture_.reset(); }

    ImageCanvas& canvas() { return fixture_->find<ImageCanvas>("canvas"); }
    QAction& action(const char* name) { return fixture_->find<QAction>(name); }
    QString message() { return fixture_->find<MessageBar>("messageBar").sentence(); }
    QPoint centreOf(QPoint cell) { return canvas().cellRect(cell).center().toPoint(); }

    void openPicture(const QString& name = QStringLiteral("cat.png")) {
        fixture_->loadTinyModel();
        fixture_->window->openPaths({fixture_->makePicture(name)});
        QVERIFY(fixture_->settle());
        QVERIFY(canvas().hasOverlay());
    }

    std::unique_ptr<WindowFixture> fixture_;
};

}  // namespace dinoscope
