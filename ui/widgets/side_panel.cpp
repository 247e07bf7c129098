#include "ui/widgets/side_panel.h"

#include <QLinearGradient>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QVBoxLayout>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kWidth = 280;
constexpr int kLeastWidth = 248;

/// Says that more comes below: the content fades out over an arrow.
class ScrollHint : public QWidget {
public:
    explicit ScrollHint(QScrollArea* area) : QWidget(area), area_(area) {
        setObjectName(QStringLiteral("scrollHint"));
        hide();
    }

    QSize sizeHint() const override { return {0, 5 * kStep}; }

protected:
    /// It looks like a button, and what lies beneath it cannot be seen.
    void mousePressEvent(QMouseEvent* event) override {
        area_->verticalScrollBar()->triggerAction(QAbstractSlider::SliderPageStepAdd);
        event->accept();
    }

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

private:
    QScrollArea* area_;
};

}  // namespace

SidePanel::SidePanel(QWidget* parent) : QScrollArea(parent), hint_(new ScrollHint(this)) {
    setObjectName(QStringLiteral("panel"));
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("panelContent"));
    column_ = new QVBoxLayout(content);
    column_->setContentsMargins(kStep, kStep, kStep, kStep);
    column_->setSpacing(kHalfStep);
    column_->addStretch(1);
    setWidget(content);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &SidePanel::placeHint);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &SidePanel::placeHint);
}

void SidePanel::addSection(QWidget* section) {
    int last = column_->count() - 1;  // the stretch
    if (last > 0) {
        auto* line = new QFrame;
        line->setObjectName(QStringLiteral("line"));
        column_->insertWidget(last++, line);
    }
    column_->insertWidget(last, section);
}

void SidePanel::placeHint() {
    const QRect view = viewport()->geometry();
    const int height = hint_->sizeHint().height();
    hint_->setGeometry(view.left(), view.bottom() + 1 - height, view.width(), height);
    hint_->setVisible(verticalScrollBar()->value() < verticalScrollBar()->maximum());
    hint_->raise();
}

void SidePanel::resizeEvent(QResizeEvent* event) {
    QScrollArea::resizeEvent(event);
    placeHint();
}

QSize SidePanel::sizeHint() const {
    return {kWidth, 480};
}

QSize SidePanel::minimumSizeHint() const {
    return {kLeastWidth, 96};
}

}  // namespace dinoscope
