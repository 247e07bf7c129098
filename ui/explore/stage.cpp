#include "ui/explore/stage.h"

#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/explore/empty_state.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"

namespace dinoscope {

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
    dropFrame_->setShown(shown);
}

}  // namespace dinoscope
