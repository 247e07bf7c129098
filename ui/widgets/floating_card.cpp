#include "ui/widgets/floating_card.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kWidest = 440;
constexpr int kBarSteps = 1000;

}  // namespace

FloatingCard::FloatingCard(QWidget* parent)
    : QFrame(parent), text_(new QLabel(this)), bar_(new QProgressBar(this)), button_(new QPushButton(this)) {
    setProperty("look", "card");
    setAutoFillBackground(true);
    text_->setWordWrap(true);
    text_->setObjectName(QStringLiteral("cardText"));
    bar_->setTextVisible(false);
    bar_->setObjectName(QStringLiteral("cardProgress"));
    button_->setObjectName(QStringLiteral("cardButton"));
    auto* left = new QVBoxLayout;
    left->setSpacing(kStep);
    left->addStretch(1);
    left->addWidget(text_);
    left->addWidget(bar_);
    left->addStretch(1);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kStep, kStep, kStep, kStep);
    row->setSpacing(2 * kStep);
    row->addLayout(left, 1);
    row->addWidget(button_);
    connect(button_, &QPushButton::clicked, this, &FloatingCard::clicked);
    parent->installEventFilter(this);
    hide();
}

void FloatingCard::showProgress(const QString& text, qint64 done, qint64 total, const QString& cancelText) {
    question_ = false;
    text_->setText(text);
    // A range of 0 to 0 is a bar that runs to and fro.
    bar_->setRange(0, total > 0 ? kBarSteps : 0);
    bar_->setValue(total > 0 ? int(kBarSteps * (double(std::min(done, total)) / double(total))) : 0);
    bar_->setVisible(true);
    button_->setText(cancelText);
    button_->setVisible(true);
    button_->setProperty("look", QVariant());
    place();
}

void FloatingCard::showQuestion(const QString& text, const QString& answer) {
    question_ = true;
    text_->setText(text);
    bar_->setVisible(false);
    button_->setText(answer);
    button_->setVisible(true);
    button_->setProperty("look", "primary");
    place();
}

void FloatingCard::showNote(const QString& text) {
    question_ = false;
    text_->setText(text);
    bar_->setVisible(false);
    button_->setVisible(false);
    place();
}

QString FloatingCard::text() const {
    return isVisible() ? text_->text() : QString();
}

void FloatingCard::place() {
    button_->style()->unpolish(button_);
    button_->style()->polish(button_);
    const QSize room = parentWidget()->size();
    const int wide = std::min(kWidest, room.width() - 2 * kStep);
    setFixedWidth(std::max(160, wide));
    const int high = std::max(heightForWidth(width()), sizeHint().height());
    resize(width(), high);
    move(left_ ? kStep : (room.width() - width()) / 2, std::max(0, room.height() - high - 2 * kStep));
    show();
    raise();
}

bool FloatingCard::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    return QFrame::eventFilter(watched, event);
}

}  // namespace dinoscope
