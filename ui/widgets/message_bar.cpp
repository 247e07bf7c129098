#include "ui/widgets/message_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

#include "ui/theme.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent),
      icon_(new IconLabel({}, 18, this)),
      text_(new QLabel(this)),
      action_(new QToolButton(this)),
      close_(new QToolButton(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kStep);
    row->addWidget(icon_);
    row->addWidget(text_, 1);
    row->addWidget(action_);
    row->addWidget(close_);
    text_->setObjectName(QStringLiteral("messageText"));
    text_->setWordWrap(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text_->setTextFormat(Qt::PlainText);
    action_->setProperty("look", "link");
    action_->setObjectName(QStringLiteral("messageAction"));
    action_->hide();
    close_->setIcon(themeIcon(QStringLiteral("close")));
    close_->setToolTip(tr("Dismiss"));
    close_->setAccessibleName(tr("Dismiss this message"));
    close_->setObjectName(QStringLiteral("messageClose"));
    connect(action_, &QToolButton::clicked, this, &MessageBar::actionTriggered);
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void MessageBar::tell(Kind kind, const QString& sentence) {
    kind_ = kind;
    const char* looks[] = {"info", "warning", "error"};
    setProperty("look", looks[int(kind)]);
    for (QWidget* widget : {static_cast<QWidget*>(this), static_cast<QWidget*>(text_),
                            static_cast<QWidget*>(action_), static_cast<QWidget*>(close_)}) {
        style()->unpolish(widget);
        style()->polish(widget);
    }
    text_->setText(sentence);
    setVisible(true);
    tintIcon();
}

/// The style sheet gives text a colour of its own here, which icons do not see.
void MessageBar::tintIcon() {
    const char* icons[] = {"info", "warning", "error"};
    const QColor colour = text_->palette().color(QPalette::WindowText);
    icon_->setIcon(tintedIcon(QLatin1String(icons[int(kind_)]), colour));
    close_->setIcon(tintedIcon(QStringLiteral("close"), colour));
}

void MessageBar::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::StyleChange) tintIcon();
}

QString MessageBar::sentence() const {
    return isHidden() ? QString() : text_->text();
}

void MessageBar::setAction(const QString& text) {
    action_->setText(text);
    action_->setVisible(!text.isEmpty());
}

void MessageBar::setDismissible(bool dismissible) {
    close_->setVisible(dismissible);
}

}  // namespace dinoscope
