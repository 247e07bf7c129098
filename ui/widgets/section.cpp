#include "ui/widgets/section.h"

#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

Section::Section(const QString& title, QWidget* parent)
    : QWidget(parent), title_(new QToolButton(this)), content_(new QWidget(this)) {
    title_->setText(title);
    title_->setProperty("look", "section");
    title_->setCheckable(true);
    title_->setChecked(true);
    title_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    title_->setIcon(themeIcon(QStringLiteral("chevron-down")));
    title_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    body_ = new QVBoxLayout(content_);
    body_->setContentsMargins(kStep, 0, kStep, kStep);
    body_->setSpacing(kStep);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kHalfStep);
    column->addWidget(title_);
    column->addWidget(content_);
    connect(title_, &QToolButton::toggled, this, [this](bool open) {
        content_->setVisible(open);
        title_->setIcon(themeIcon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
        Q_EMIT toggled(open);
    });
}

QWidget* Section::addField(const QString& label, QWidget* field) {
    auto* text = new QLabel(label);
    text->setProperty("look", "muted");
    text->setBuddy(field);
    auto* pair = new QVBoxLayout;
    pair->setSpacing(kHalfStep);
    pair->addWidget(text);
    pair->addWidget(field);
    body_->addLayout(pair);
    if (field->accessibleName().isEmpty()) field->setAccessibleName(label);
    return text;
}

bool Section::isOpen() const {
    return title_->isChecked();
}

void Section::setOpen(bool open) {
    title_->setChecked(open);
}

}  // namespace dinoscope
