#include "ui/widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent),
      icon_(new QLabel(this)),
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
    connect(close_, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });
    hide();
}

void MessageBar::tell(Kind kind, const QString& sentence) {
    const char* looks[] = {"info", "warning", "error"};
    const char* look = looks[int(kind)];
    setProperty("look", look);
    for (QWidget* widget : {static_cast<QWidget*>(this), static_cast<QWidget*>(text_),
                            static_cast<QWidget*>(action_), static_cast<QWidget*>(close_)}) {
        style()->unpolish(widget);
        style()->polish(widget);
    }
    icon_->setPixmap(
        tintedIcon(QLatin1String(look), text_->palette().color(QPalette::WindowText)).pixmap(18, 18));
    text_->setText(sentence);
    setVisible(true);
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
