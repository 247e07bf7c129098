#include "ui/widgets/empty_page.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/theme.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kIconSide = 56;

QLabel* makeLine(const char* look) {
    auto* label = new QLabel;
    label->setProperty("look", look);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    return label;
}

}  // namespace

EmptyPage::EmptyPage(const QString& icon, QWidget* parent)
    : QWidget(parent), column_(new QVBoxLayout(this)), title_(makeLine("large")), text_(makeLine("muted")) {
    column_->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column_->setSpacing(kStep);
    column_->addStretch(1);
    column_->addWidget(new IconLabel(themeIcon(icon), kIconSide), 0, Qt::AlignHCenter);
    column_->addWidget(title_);
    column_->addWidget(text_);
    column_->addSpacing(kStep);
    column_->addStretch(1);
}

void EmptyPage::setTitle(const QString& title) {
    title_->setText(title);
}

void EmptyPage::setText(const QString& text) {
    text_->setText(text);
}

void EmptyPage::addButton(QPushButton* button) {
    column_->insertWidget(column_->count() - 1, button, 0, Qt::AlignHCenter);
}

}  // namespace dinoscope
