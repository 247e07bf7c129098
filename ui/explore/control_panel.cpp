#include "ui/explore/control_panel.h"

#include <QVBoxLayout>

#include "ui/explore/appearance_section.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_section.h"
#include "ui/explore/query_section.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kWidth = 280;
constexpr int kLeastWidth = 248;

}  // namespace

ControlPanel::ControlPanel(QWidget* parent)
    : QScrollArea(parent),
      appearance_(new AppearanceSection),
      query_(new QuerySection),
      input_(new InputSection),
      model_(new ModelSection) {
    setObjectName(QStringLiteral("panel"));
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("panelContent"));
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(kStep, kStep, kStep, kStep);
    column->setSpacing(kHalfStep);
    for (QWidget* section : {static_cast<QWidget*>(appearance_), static_cast<QWidget*>(query_),
                             static_cast<QWidget*>(input_), static_cast<QWidget*>(model_)}) {
        column->addWidget(section);
        if (section == model_) continue;
        auto* line = new QFrame;
        line->setObjectName(QStringLiteral("line"));
        column->addWidget(line);
    }
    column->addStretch(1);
    setWidget(content);
}

QSize ControlPanel::sizeHint() const {
    return {kWidth, 480};
}

QSize ControlPanel::minimumSizeHint() const {
    return {kLeastWidth, 96};
}

}  // namespace dinoscope
