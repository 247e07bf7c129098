#include "ui/explore/empty_state.h"

#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/thumbnail_loader.h"
#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kMostSamples = 5;
constexpr QSize kSample(112, 76);
constexpr int kHeightForSamples = 300;
constexpr int kHeightForIcon = 420;

}  // namespace

EmptyState::EmptyState(QWidget* parent) : QWidget(parent), samples_(new QWidget) {
    setObjectName(QStringLiteral("emptyState"));
    loader_ = new ThumbnailLoader((QSizeF(kSample) * qGuiApp->devicePixelRatio()).toSize(), this);
    auto* icon = new QLabel;
    icon->setPixmap(QIcon(QStringLiteral(":/icons/dinoscope.svg")).pixmap(72, 72));
    icon->setAlignment(Qt::AlignCenter);
    icon_ = icon;
    title_ = new QLabel(tr("See what each attention head looks at"));
    title_->setProperty("look", "large");
    title_->setAlignment(Qt::AlignCenter);
    title_->setWordWrap(true);
    text_ = new QLabel(tr("Drop a picture, a folder or a weights file here, or paste a picture."));
    text_->setProperty("look", "muted");
    text_->setAlignment(Qt::AlignCenter);
    text_->setWordWrap(true);
    auto* image = new QPushButton(tr("Open picture…"));
    image->setProperty("look", "primary");
    image->setObjectName(QStringLiteral("emptyOpenImage"));
    auto* folder = new QPushButton(tr("Open folder…"));
    folder->setObjectName(QStringLiteral("emptyOpenFolder"));
    connect(image, &QPushButton::clicked, this, &EmptyState::openImageRequested);
    connect(folder, &QPushButton::clicked, this, &EmptyState::openFolderRequested);
    train_ = new QPushButton(tr("Train a network…"));
    train_->setObjectName(QStringLiteral("emptyTrain"));
    train_->setToolTip(tr("On your own pictures, without labels, while you watch"));
    connect(train_, &QPushButton::clicked, this, &EmptyState::trainRequested);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(kStep);
    buttons->addStretch(1);
    buttons->addWidget(image);
    buttons->addWidget(folder);
    buttons->addWidget(train_);
    buttons->addStretch(1);

    auto* samplesTitle = new QLabel(tr("Or start with one of these"));
    samplesTitle->setProperty("look", "muted");
    samplesTitle->setAlignment(Qt::AlignCenter);
    sampleRow_ = new QHBoxLayout;
    sampleRow_->setSpacing(kStep);
    auto* samples = new QVBoxLayout(samples_);
    samples->setContentsMargins(0, 2 * kStep, 0, 0);
    samples->setSpacing(kStep);
    samples->addWidget(samplesTitle);
    samples->addLayout(sampleRow_);
    samples_->hide();

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    column->addStretch(1);
    column->addWidget(icon_);
    column->addWidget(title_);
    column->addWidget(text_);
    column->addSpacing(kStep);
    column->addLayout(buttons);
    column->addWidget(samples_);
    column->addStretch(1);
    connect(loader_, &ThumbnailLoader::pendingChanged, this, &EmptyState::pendingChanged);
}

void EmptyState::setTexts(const QString& title, const QString& text) {
    title_->setText(title);
    text_->setText(text);
}

void EmptyState::setTrainOffered(bool offered) {
    train_->setVisible(offered);
}

void EmptyState::setSamples(const QStringList& files) {
    QStringList offered;
    sampleRow_->addStretch(1);
    for (const QString& file : files.mid(0, kMostSamples)) {
        auto* button = new QToolButton;
        button->setObjectName(QStringLiteral("sample-") + QFileInfo(file).completeBaseName());
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setText(QFileInfo(file).completeBaseName());
        button->setIconSize(kSample);
        button->setIcon(themeIcon(QStringLiteral("image")));
        button->setFocusPolicy(Qt::StrongFocus);
        connect(button, &QToolButton::clicked, this, [this, file] { Q_EMIT sampleChosen(file); });
        connect(loader_, &ThumbnailLoader::loaded, button,
                [button, file](const QString& loaded, const QImage& picture) {
                    if (loaded == file) button->setIcon(QPixmap::fromImage(picture));
                });
        sampleRow_->addWidget(button);
        offered << file;
    }
    sampleRow_->addStretch(1);
    loader_->request(offered);
    showFitting();
}

/// A small window keeps what matters most.
void EmptyState::showFitting() {
    const bool wideEnough = width() >= sampleRow_->minimumSize().width() + 4 * kStep;
    samples_->setVisible(sampleRow_->count() > 2 && height() >= kHeightForSamples && wideEnough);
    icon_->setVisible(height() >= kHeightForIcon);
}

void EmptyState::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    showFitting();
}

}  // namespace dinoscope
