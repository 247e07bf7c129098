#include "ui/neighbours/start_page.h"

#include <QAction>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/texts.h"
#include "ui/theme.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kMostRecent = 5;
constexpr int kHeightForIcon = 380;

QPushButton* buttonFor(QAction* action, const char* name) {
    auto* button = new QPushButton(action->text().remove(QLatin1Char('&')));
    button->setObjectName(QLatin1String(name));
    QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
    QObject::connect(action, &QAction::changed, button,
                     [button, action] { button->setEnabled(action->isEnabled()); });
    return button;
}

}  // namespace

StartPage::StartPage(QAction* build, QAction* open, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("neighboursStart"));
    icon_ = new IconLabel(themeIcon(QStringLiteral("gallery")), 56);
    auto* title = new QLabel(tr("Find what looks alike"));
    title->setProperty("look", "large");
    title->setAlignment(Qt::AlignCenter);
    auto* text =
        new QLabel(tr("A gallery holds the features that a model computed for every picture of a folder.\n"
                      "Any picture, or a part of one, then finds its neighbours in milliseconds."));
    text->setProperty("look", "muted");
    text->setAlignment(Qt::AlignCenter);
    text->setWordWrap(true);
    QPushButton* make = buttonFor(build, "startBuild");
    make->setProperty("look", "primary");
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(kStep);
    buttons->addStretch(1);
    buttons->addWidget(make);
    buttons->addWidget(buttonFor(open, "startOpen"));
    buttons->addStretch(1);

    auto* recentTitle = new QLabel(tr("Opened before"));
    recentTitle->setProperty("look", "muted");
    recentTitle->setAlignment(Qt::AlignCenter);
    recent_ = new QWidget;
    rows_ = new QVBoxLayout;
    rows_->setSpacing(0);
    auto* recent = new QVBoxLayout(recent_);
    recent->setContentsMargins(0, 2 * kStep, 0, 0);
    recent->setSpacing(kHalfStep);
    recent->addWidget(recentTitle);
    recent->addLayout(rows_);
    recent_->hide();

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    column->addStretch(1);
    column->addWidget(icon_, 0, Qt::AlignHCenter);
    column->addWidget(title);
    column->addWidget(text);
    column->addSpacing(kStep);
    column->addLayout(buttons);
    column->addWidget(recent_);
    column->addStretch(1);
}

void StartPage::setRecent(const QStringList& galleries) {
    while (QLayoutItem* item = rows_->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
    for (const QString& folder : galleries.mid(0, kMostRecent)) {
        auto* button = new QToolButton;
        button->setText(withoutMnemonic(QDir(folder).dirName()));
        button->setToolTip(folder);
        button->setProperty("look", "link");
        button->setFocusPolicy(Qt::StrongFocus);
        connect(button, &QToolButton::clicked, this, [this, folder] { Q_EMIT galleryChosen(folder); });
        rows_->addWidget(button, 0, Qt::AlignHCenter);
    }
    recent_->setVisible(!galleries.isEmpty());
}

/// A small window keeps what matters most.
void StartPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    icon_->setVisible(height() >= kHeightForIcon);
}

}  // namespace dinoscope
