#include "ui/explore/stage.h"

#include <QPainter>
#include <QResizeEvent>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/explore/empty_state.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

/// What says that a drop will be taken.
class DropFrame : public QWidget {
public:
    explicit DropFrame(QWidget* parent) : QWidget(parent) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        parent->installEventFilter(this);
        hide();
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched == parentWidget() && event->type() == QEvent::Resize) resize(parentWidget()->size());
        return QWidget::eventFilter(watched, event);
    }

    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        QColor accent = palette().color(QPalette::Highlight);
        painter.setPen(QPen(accent, 3, Qt::DashLine));
        accent.setAlpha(40);
        painter.setBrush(accent);
        painter.drawRoundedRect(QRectF(rect()).adjusted(kStep, kStep, -kStep, -kStep), kStep, kStep);
    }
};

}  // namespace

Stage::Stage(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedWidget(this)),
      empty_(new EmptyState),
      canvas_(new ImageCanvas),
      grid_(new HeadGrid(HeadGrid::Arrangement::Fill)) {
    canvas_->setObjectName(QStringLiteral("canvas"));
    grid_->setObjectName(QStringLiteral("headsGrid"));
    for (QWidget* face :
         {static_cast<QWidget*>(empty_), static_cast<QWidget*>(canvas_), static_cast<QWidget*>(grid_)}) {
        stack_->addWidget(face);
        face->setBackgroundRole(QPalette::Dark);
        face->setAutoFillBackground(true);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(stack_);
    card_ = new FloatingCard(this);
    card_->setObjectName(QStringLiteral("card"));
    dropFrame_ = new DropFrame(this);
}

void Stage::setFace(Face face) {
    const QWidget* faces[] = {empty_, canvas_, grid_};
    if (stack_->currentWidget() == faces[int(face)]) return;
    const bool focused = stack_->currentWidget()->hasFocus();
    stack_->setCurrentIndex(int(face));
    if (focused || face == Face::Canvas) stack_->currentWidget()->setFocus();
}

Stage::Face Stage::face() const {
    return Face(stack_->currentIndex());
}

void Stage::setDropHint(bool shown) {
    dropFrame_->resize(size());
    dropFrame_->setVisible(shown);
    dropFrame_->raise();
}

}  // namespace dinoscope
