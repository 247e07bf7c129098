#include "ui/explore/control_panel.h"

#include <QLinearGradient>
#include <QPainter>
#include <QScrollBar>
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

/// Says that more comes below: the content fades out over an arrow.
class ScrollHint : public QWidget {
public:
    explicit ScrollHint(QWidget* parent) : QWidget(parent) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setObjectName(QStringLiteral("scrollHint"));
        hide();
    }

    QSize sizeHint() const override { return {0, 5 * kStep}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor ground = palette().color(QPalette::AlternateBase);
        QColor clear = ground;
        clear.setAlpha(0);
        QLinearGradient fade(0, 0, 0, height());
        fade.setColorAt(0, clear);
        fade.setColorAt(0.7, ground);
        painter.fillRect(rect(), fade);
        const QPointF tip(width() / 2.0, height() - kStep);
        painter.setPen(QPen(palette().color(QPalette::PlaceholderText), 2, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(tip, tip + QPointF(-kStep, -kHalfStep));
        painter.drawLine(tip, tip + QPointF(kStep, -kHalfStep));
    }
};

}  // namespace

ControlPanel::ControlPanel(QWidget* parent)
    : QScrollArea(parent),
      appearance_(new AppearanceSection),
      query_(new QuerySection),
      input_(new InputSection),
      model_(new ModelSection),
      hint_(new ScrollHint(this)) {
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
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &ControlPanel::placeHint);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &ControlPanel::placeHint);
}

void ControlPanel::placeHint() {
    const QRect view = viewport()->geometry();
    const int height = hint_->sizeHint().height();
    hint_->setGeometry(view.left(), view.bottom() + 1 - height, view.width(), height);
    hint_->setVisible(verticalScrollBar()->value() < verticalScrollBar()->maximum());
    hint_->raise();
}

void ControlPanel::resizeEvent(QResizeEvent* event) {
    QScrollArea::resizeEvent(event);
    placeHint();
}

QSize ControlPanel::sizeHint() const {
    return {kWidth, 480};
}

QSize ControlPanel::minimumSizeHint() const {
    return {kLeastWidth, 96};
}

}  // namespace dinoscope
