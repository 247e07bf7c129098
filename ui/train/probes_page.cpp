#include "ui/train/probes_page.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/colour_bridge.h"
#include "ui/theme.h"
#include "ui/train/probe_models.h"
#include "ui/widgets/empty_page.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/percent_slider.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

const auto kOpacityKey = QStringLiteral("probes/opacity");
const auto kMapKey = QStringLiteral("probes/colours");
constexpr double kOpacity = 60;
constexpr int kPinnedWidth = 144;
constexpr int kPinnedSide = 96;
constexpr int kNeighbourWidth = 256;
constexpr int kNeighbourSide = 88;
constexpr int kOpacityWidth = 180;
constexpr int kLayerLetters = 12;

QToolButton* makeButton(const QString& text, const char* icon, const char* name) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setIcon(themeIcon(QLatin1String(icon)));
    button->setObjectName(QLatin1String(name));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setProperty("look", "button");
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

QLabel* makeTitle(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("look", "title");
    return label;
}

QFrame* makeLine(const char* kind) {
    auto* line = new QFrame;
    line->setObjectName(QLatin1String(kind));
    return line;
}

}  // namespace

ProbesPage::ProbesPage(Runners runners, Dialogs& dialogs, QSettings& settings, QWidget* parent)
    : RunPage(parent), runners_(runners), dialogs_(dialogs), settings_(settings), session_(runners) {
    setObjectName(QStringLiteral("probesPage"));
    auto* filled = new QWidget;
    QWidget* bar = makeBar();
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(makePinned());
    middle->addWidget(makeLine("upright"));
    middle->addWidget(makeStage(), 1);
    middle->addWidget(makeNeighbours());
    auto* column = new QVBoxLayout(filled);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(bar);
    column->addWidget(makeLine("line"));
    column->addLayout(middle, 1);
    column->addWidget(makeLine("line"));
    column->addWidget(makeScrubber());
    faces_ = new QStackedWidget;
    faces_->addWidget(makeEmptyState());
    faces_->addWidget(filled);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(faces_);
    connect(&session_, &ProbeSession::imagesChanged, this, &ProbesPage::showImages);
    connect(&session_, &ProbeSession::looksChanged, this, &ProbesPage::showLooks);
    connect(&session_, &ProbeSession::lookChanged, this, &ProbesPage::showLook);
    connect(&session_, &ProbeSession::frameChanged, this, &ProbesPage::showFrame);
    connect(&session_, &ProbeSession::pictureChanged, this, &ProbesPage::showPicture);
    connect(&session_, &ProbeSession::playingChanged, this, &ProbesPage::showPlaying);
    connect(&session_, &ProbeSession::settledChanged, this, &RunPage::activityChanged);
    connect(&session_, &ProbeSession::failed, this, &RunPage::failed);
    connect(&session_.watch(), &RunWatch::summaryChanged, this, &ProbesPage::showImages);
    connect(&session_.watch(), &RunWatch::changed, this, &RunPage::runChanged);
    session_.setFollowing(false);
    setPinning(false);
    chooseShown(Shown::Teacher);
    showImages();
    showLooks();
    showPlaying();
}

QWidget* ProbesPage::makeEmptyState() {
    empty_ = new EmptyPage(QStringLiteral("pin"));
    empty_->text().setObjectName(QStringLiteral("probesEmpty"));
    pinFirst_ = new QPushButton(themeIcon(QStringLiteral("pin")), tr("Pin pictures…"));
    pinFirst_->setObjectName(QStringLiteral("pinFirst"));
    connect(pinFirst_, &QPushButton::clicked, this, &ProbesPage::askForPins);
    empty_->addButton(pinFirst_);
    example_ = makeExampleButton();
    if (example_) empty_->addButton(example_);
    return empty_;
}

QWidget* ProbesPage::makeBar() {
    auto* bar = new QWidget;
    teacher_ = makeSegment(tr("Teacher"), QStringLiteral("showTeacher"));
    student_ = makeSegment(tr("Student"), QStringLiteral("showStudent"));
    both_ = makeSegment(tr("Both"), QStringLiteral("showBoth"));
    connect(teacher_, &QToolButton::clicked, this, [this] { chooseShown(Shown::Teacher); });
    connect(student_, &QToolButton::clicked, this, [this] { chooseShown(Shown::Student); });
    connect(both_, &QToolButton::clicked, this, [this] { chooseShown(Shown::Both); });
    layer_ = new QComboBox;
    layer_->setObjectName(QStringLiteral("probeLayer"));
    layer_->setAccessibleName(tr("Layer"));
    layer_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    layer_->setMinimumContentsLength(kLayerLetters);
    connect(layer_, &QComboBox::currentIndexChanged, this, &ProbesPage::showFrame);
    map_ = new QComboBox;
    map_->setObjectName(QStringLiteral("probeColours"));
    map_->setAccessibleName(tr("Colours"));
    for (const ColourMap map : allColourMaps())
        map_->addItem(titleOf(map), QString::fromStdString(name(map)));
    map_->setCurrentIndex(std::max(0, map_->findData(settings_.value(kMapKey))));
    connect(map_, &QComboBox::currentIndexChanged, this, [this] {
        settings_.setValue(kMapKey, map_->currentData());
        showFrame();
    });
    opacity_ = new PercentSlider(0, 100, 1);
    opacity_->setObjectName(QStringLiteral("probeOpacity"));
    opacity_->setMaximumWidth(kOpacityWidth);
    opacity_->setToolTip(tr("Opacity of the colours over the picture"));
    opacity_->setValue(settings_.value(kOpacityKey, kOpacity).toDouble());
    connect(opacity_, &PercentSlider::valueChanged, this, [this](double percent) {
        settings_.setValue(kOpacityKey, percent);
        teacherHeads_->setOpacity(percent / 100);
        studentHeads_->setOpacity(percent / 100);
    });
    pin_ = new QPushButton(themeIcon(QStringLiteral("pin")), tr("Pin…"));
    pin_->setObjectName(QStringLiteral("pinMore"));
    connect(pin_, &QPushButton::clicked, this, &ProbesPage::askForPins);
    makeExports();
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    for (QToolButton* each : {teacher_, student_, both_})
        row->addWidget(each);
    row->addSpacing(kStep);
    row->addWidget(layer_);
    row->addWidget(map_);
    row->addSpacing(kHalfStep);
    row->addWidget(opacity_);
    row->addStretch(1);
    row->addWidget(pin_);
    row->addWidget(export_);
    return bar;
}

void ProbesPage::makeExports() {
    export_ = makeButton(tr("Export"), "export", "exportProbes");
    export_->setProperty("menu", true);
    export_->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(export_);
    QAction* strip = menu->addAction(themeIcon(QStringLiteral("strip")), tr("Picture strip…"));
    strip->setObjectName(QStringLiteral("exportStrip"));
    connect(strip, &QAction::triggered, this, &ProbesPage::exportStrip);
    QAction* video = menu->addAction(themeIcon(QStringLiteral("play")), tr("Video…"));
    video->setObjectName(QStringLiteral("exportVideo"));
    video->setEnabled(canWriteVideos());
    if (!canWriteVideos()) video->setToolTip(tr("This program was built without OpenCV"));
    connect(video, &QAction::triggered, this, &ProbesPage::exportVideo);
    export_->setMenu(menu);
}

QWidget* ProbesPage::makePinned() {
    pinnedModel_ = new PictureModel(QSize(kPinnedSide, kPinnedSide) * 2, this);
    connect(pinnedModel_, &PictureModel::pendingChanged, this, &RunPage::activityChanged);
    pinned_ = new ThumbnailGrid;
    pinned_->setObjectName(QStringLiteral("pinned"));
    pinned_->setAccessibleName(tr("Pinned pictures"));
    pinned_->setPictureSide(kPinnedSide);
    pinned_->setFixedWidth(kPinnedWidth);
    pinned_->setModel(pinnedModel_);
    connect(pinned_, &ThumbnailGrid::rangeWanted, pinnedModel_, &PictureModel::request);
    connect(pinned_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& current) { session_.setImage(current.row()); });
    return pinned_;
}

QWidget* ProbesPage::makeStage() {
    const auto makeSide = [this](QLabel*& title, HeadGrid*& heads, const QString& text, const char* name) {
        auto* side = new QWidget;
        title = makeTitle(text);
        heads = new HeadGrid(HeadGrid::Arrangement::Fill);
        heads->setObjectName(QLatin1String(name));
        heads->setOpacity(opacityOf());
        connect(heads, &HeadGrid::opened, this, &ProbesPage::enlarge);
        auto* column = new QVBoxLayout(side);
        column->setContentsMargins(kStep, kStep, kStep, 0);
        column->setSpacing(kHalfStep);
        column->addWidget(title);
        column->addWidget(heads, 1);
        return side;
    };
    auto* stage = new QWidget;
    auto* row = new QHBoxLayout(stage);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    teacherSide_ = makeSide(teacherTitle_, teacherHeads_, tr("Teacher"), "teacherHeads");
    studentSide_ = makeSide(studentTitle_, studentHeads_, tr("Student"), "studentHeads");
    row->addWidget(teacherSide_, 1);
    row->addWidget(studentSide_, 1);
    // The same head in both.
    connect(teacherHeads_, &HeadGrid::chosen, studentHeads_, &HeadGrid::setCurrent);
    connect(studentHeads_, &HeadGrid::chosen, teacherHeads_, &HeadGrid::setCurrent);
    return stage;
}

QWidget* ProbesPage::makeNeighbours() {
    neighbourModel_ = new PictureModel(QSize(kNeighbourSide, kNeighbourSide) * 2, this);
    neighbourModel_->setReader(neighbourReader());
    connect(neighbourModel_, &PictureModel::pendingChanged, this, &RunPage::activityChanged);
    neighbours_ = new ThumbnailGrid;
    neighbours_->setObjectName(QStringLiteral("probeNeighbours"));
    neighbours_->setAccessibleName(tr("Nearest training pictures"));
    neighbours_->setPictureSide(kNeighbourSide);
    neighbours_->setModel(neighbourModel_);
    connect(neighbours_, &ThumbnailGrid::rangeWanted, neighbourModel_, &PictureModel::request);
    auto* title = makeTitle(tr("Nearest training pictures"));
    title->setToolTip(
        tr("By the cosine of the teacher's features, among a fixed sample of the training pictures"));
    noNeighbours_ = new QLabel;
    noNeighbours_->setObjectName(QStringLiteral("probeNoNeighbours"));
    noNeighbours_->setProperty("look", "muted");
    noNeighbours_->setWordWrap(true);
    noNeighbours_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    noNeighbours_->hide();
    auto* column = new QVBoxLayout;
    column->setContentsMargins(kStep, kStep, kStep, 0);
    column->setSpacing(kHalfStep);
    column->addWidget(title);
    column->addWidget(noNeighbours_, 1);
    column->addWidget(neighbours_, 1);
    neighbourSide_ = new QWidget;
    neighbourSide_->setFixedWidth(kNeighbourWidth);
    auto* row = new QHBoxLayout(neighbourSide_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeLine("upright"));
    row->addLayout(column, 1);
    return neighbourSide_;
}

QWidget* ProbesPage::makeScrubber() {
    auto* bar = new QWidget;
    play_ = new QToolButton;
    play_->setObjectName(QStringLiteral("probePlay"));
    play_->setProperty("look", "button");
    play_->setFocusPolicy(Qt::StrongFocus);
    connect(play_, &QToolButton::clicked, this, [this] { session_.play(!session_.isPlaying()); });
    scrubber_ = new QSlider(Qt::Horizontal);
    scrubber_->setObjectName(QStringLiteral("probeScrubber"));
    scrubber_->setAccessibleName(tr("Epoch"));
    scrubber_->setPageStep(5);
    connect(scrubber_, &QSlider::valueChanged, this, [this](int look) {
        if (scrubber_->isSliderDown()) session_.play(false);
        session_.setLook(look);
    });
    epoch_ = new QLabel;
    epoch_->setObjectName(QStringLiteral("probeEpoch"));
    epoch_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    epoch_->setMinimumWidth(
        epoch_->fontMetrics().horizontalAdvance(tr("epoch %1 of %2").arg(1000).arg(1000)));
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(kStep, kHalfStep, 2 * kStep, kHalfStep);
    row->setSpacing(kStep);
    row->addWidget(play_);
    row->addWidget(scrubber_, 1);
    row->addWidget(epoch_);
    return bar;
}

}  // namespace dinoscope
