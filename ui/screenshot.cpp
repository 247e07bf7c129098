#include "ui/screenshot.h"

#include <QCoreApplication>
#include <QTimer>

#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/main_window.h"

namespace dinoscope {

Screenshot::Screenshot(MainWindow& window, std::filesystem::path file, QObject* parent)
    : QObject(parent), window_(window), file_(std::move(file)) {
    connect(&window_, &MainWindow::activityChanged, this, &Screenshot::check);
    connect(&window_, &MainWindow::failed, this, &Screenshot::finish);
    check();
}

/// What has just ended may start something that is only queued yet: settled means settled after the events at
/// hand.
void Screenshot::check() {
    if (done_ || !window_.isSettled()) return;
    QTimer::singleShot(0, this, [this] {
        if (!done_ && window_.isSettled()) take();
    });
}

void Screenshot::take() {
    // What was shown last may not be laid out yet; each layout may ask for another.
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    try {
        writePng(file_, imageFrom(window_.grab().toImage()));
        finish({});
    } catch (...) {
        finish(QString::fromUtf8(currentError().what()));
    }
}

void Screenshot::finish(const QString& sentence) {
    if (done_) return;
    done_ = true;
    Q_EMIT finished(sentence);
}

}  // namespace dinoscope
