#include "ui/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <algorithm>
#include <vector>

#include "ui/bridge/paths.h"
#include "ui/compare/compare_workspace.h"
#include "ui/explore/explore_workspace.h"
#include "ui/input_kind.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/train/train_workspace.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kGeometryKey = QStringLiteral("window/geometry");
const auto kThemeKey = QStringLiteral("window/theme");
const auto kWorkspaceKey = QStringLiteral("window/workspace");
const auto kOpacityKey = QStringLiteral("explore/opacity");
const auto kColourMapKey = QStringLiteral("explore/colourMap");
const auto kSmoothKey = QStringLiteral("explore/smooth");
constexpr QSize kFirstSize(1280, 800);
constexpr QSize kFrame(16, 48);  // of the desktop, about

}  // namespace

MainWindow::MainWindow(const Parts& parts)
    : dialogs_(parts.dialogs),
      settings_(parts.settings),
      recentPictures_(parts.settings, QStringLiteral("recent/pictures")),
      recentModels_(parts.settings, QStringLiteral("recent/models")),
      recentGalleries_(parts.settings, QStringLiteral("recent/galleries")),
      session_(parts.runners, parts.common),
      neighboursSession_(parts.runners, parts.common),
      trainSession_(parts.runners, parts.common),
      compareSession_(parts.runners, parts.common) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Dinoscope"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/dinoscope.svg")));
    setAcceptDrops(true);
    setMinimumSize(480, 320);
    stack_ = new QStackedWidget;
    setCentralWidget(stack_);
    makeStatusBar();
    makeActions();
    makeThemeActions();
    makeExplore();
    makeNeighbours();
    makeTrain(parts);
    makeCompare();
    makeSwitcher();
    restore();
    showWorkspace();
    connect(qApp, &QApplication::focusChanged, this, &MainWindow::keepFocus);
}

/// A button that disables itself gives the keyboard to whatever comes next; that must not be one that leaves
/// the workspace.
void MainWindow::keepFocus(QWidget* before, QWidget* now) {
    if (!before || !now || before->isEnabled() || now->window() != this) return;
    Workspace& current = workspace();
    if (current.isAncestorOf(before) && !current.isAncestorOf(now)) current.setFocus(Qt::OtherFocusReason);
}

void MainWindow::makeExplore() {
    explore_ = new ExploreWorkspace(session_, dialogs_, recentPictures_, recentModels_, this);
    addWorkspace(explore_);
}

void MainWindow::makeNeighbours() {
    neighbours_ = new NeighboursWorkspace(
        {neighboursSession_, dialogs_, recentGalleries_, recentPictures_, settings_, this});
    addWorkspace(neighbours_);
    connect(explore_, &ExploreWorkspace::neighboursRequested, this, [this](const PictureQuery& query) {
        setWorkspace(neighbours_->key());
        neighbours_->askPicture(query);
    });
    connect(neighbours_, &NeighboursWorkspace::openInExploreRequested, this,
            [this](const QStringList& files) {
                setWorkspace(explore_->key());
                explore_->openPictures(files);
            });
    connect(&session_, &ExploreSession::modelChanged, this,
            [this] { neighbours_->setOfferedModel(session_.modelSource()); });
}

void MainWindow::makeTrain(const Parts& parts) {
    train_ = new TrainWorkspace({trainSession_, dialogs_, parts.desktop, settings_, this});
    addWorkspace(train_);
    connect(explore_, &ExploreWorkspace::trainRequested, this, [this] { setWorkspace(train_->key()); });
    connect(train_, &TrainWorkspace::progressTextChanged, this, &MainWindow::showTitle);
    connect(train_, &TrainWorkspace::liveRunChanged, explore_, &ExploreWorkspace::setLiveRun);
    connect(train_, &TrainWorkspace::liveRunChanged, &neighboursSession_, &NeighboursSession::setLiveRun);
    connect(train_, &TrainWorkspace::closeReady, this, &QWidget::close);
    connect(train_, &TrainWorkspace::exploreRequested, this,
            [this](const QString& run, const QStringList& pictures) {
                api::ModelSource source;
                source.weights = filePath(run).string();
                openModel(source);
                setWorkspace(explore_->key());
                if (!session_.picture()) explore_->openPictures(pictures);
            });
}

void MainWindow::makeCompare() {
    compare_ = new CompareWorkspace(compareSession_, dialogs_, recentPictures_, recentModels_, this);
    addWorkspace(compare_);
    connect(explore_, &ExploreWorkspace::compareRequested, this, [this] {
        setWorkspace(compare_->key());
        compare_->compare(*session_.picture(), session_.modelSource());
    });
    connect(&session_, &ExploreSession::modelChanged, this,
            [this] { compare_->offerModel(session_.modelSource()); });
    connect(train_, &TrainWorkspace::liveRunChanged, compare_, &CompareWorkspace::setLiveRun);
    connect(train_, &TrainWorkspace::compareRequested, this,
            [this](const std::vector<std::filesystem::path>& runs) {
                std::vector<api::ModelSource> sources;
                for (const std::filesystem::path& run : runs)
                    sources.emplace_back().weights = run.string();
                setWorkspace(compare_->key());
                compare_->openModels(sources);
            });
}

void MainWindow::addWorkspace(Workspace* workspace) {
    workspaces_ << workspace;
    stack_->addWidget(workspace);
    connect(workspace, &Workspace::statusChanged, this, [this, workspace](const QString& text) {
        if (workspace == stack_->currentWidget()) status_->setText(text);
    });
    connect(workspace, &Workspace::documentChanged, this, &MainWindow::showTitle);
    connect(workspace, &Workspace::placementChanged, this, &MainWindow::showPlacement);
    connect(workspace, &Workspace::activityChanged, this, &MainWindow::activityChanged);
    connect(workspace, &Workspace::failed, this, &MainWindow::failed);
    connect(workspace, &Workspace::openPictureRequested, this, &MainWindow::openPictureDialog);
    connect(workspace, &Workspace::openFolderRequested, this, &MainWindow::openFolderDialog);
}

Workspace& MainWindow::workspace() const {
    return *workspaces_[stack_->currentIndex()];
}

void MainWindow::setWorkspace(const QString& key) {
    for (int i = 0; i < int(workspaces_.size()); ++i) {
        if (workspaces_[i]->key() == key) stack_->setCurrentIndex(i);
    }
    showWorkspace();
}

/// Menus, keys, status bar and title are those of the workspace on show.
void MainWindow::showWorkspace() {
    Workspace& shown = workspace();
    for (Workspace* each : workspaces_)
        each->setActive(each == &shown);
    for (QAction* action : workspaceActions_->actions())
        action->setChecked(action->data().toString() == shown.key());
    if (!menus_.contains(&shown)) menus_.insert(&shown, makeMenus(shown));
    menuBar()->clear();
    for (QMenu* menu : menus_.value(&shown))
        menuBar()->addMenu(menu);
    status_->setText(shown.statusText());
    if (&shown == compare_) {
        if (session_.picture()) compare_->offerPicture(*session_.picture());
        compare_->begin();
    }
    showTitle();
    showPlacement();
    shown.setFocus();  // so that no button has it at the start
}

/// How far a run is, wherever one looks meanwhile.
void MainWindow::showTitle() {
    QStringList parts{train_ ? train_->progressText() : QString(), workspace().documentName()};
    parts.removeAll(QString());
    const QString name = parts.join(QStringLiteral(" · "));
    setWindowTitle(name.isEmpty() ? QStringLiteral("Dinoscope") : tr("%1 – Dinoscope").arg(name));
}

void MainWindow::showPlacement() {
    placement_->setText(workspace().placement());
    placement_->setToolTip(workspace().placementDescription());
    for (QWidget* each : {placementIcon_, static_cast<QWidget*>(placement_)})
        each->setVisible(!workspace().placement().isEmpty());
}

/// Closing moves the focus once more, when what keepFocus() looks at is gone.
MainWindow::~MainWindow() {
    disconnect(qApp, nullptr, this, nullptr);
}

void MainWindow::makeStatusBar() {
    status_ = new ElidedLabel(Qt::ElideRight);
    status_->setObjectName(QStringLiteral("status"));
    placement_ = new ElidedLabel(Qt::ElideRight);
    placement_->setObjectName(QStringLiteral("placement"));
    placement_->setRole(QPalette::PlaceholderText);
    placementIcon_ = new IconLabel(themeIcon(QStringLiteral("device")), 16);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(2 * kStep, 0, 2 * kStep, 0);
    statusBar()->addWidget(status_, 1);
    statusBar()->addPermanentWidget(placementIcon_);
    statusBar()->addPermanentWidget(placement_);
}

void MainWindow::restore() {
    const auto theme = themeFromName(settings_.value(kThemeKey).toString());
    setTheme(theme.value_or(ThemeChoice::System));
    const QByteArray geometry = settings_.value(kGeometryKey).toByteArray();
    if (geometry.isEmpty() || !restoreGeometry(geometry)) {
        resize(kFirstSize.boundedTo(screen()->availableSize() - kFrame));
    }
    ExploreSettings wanted = session_.settings();
    const double opacity = settings_.value(kOpacityKey, wanted.opacity).toDouble();
    if (opacity >= 0 && opacity <= 1) wanted.opacity = opacity;
    for (const ColourMap map : allColourMaps()) {
        if (settings_.value(kColourMapKey).toString().toStdString() == name(map)) wanted.colourMap = map;
    }
    wanted.smooth = settings_.value(kSmoothKey, wanted.smooth).toBool();
    session_.setSettings(wanted);
    compareSession_.setSettings(wanted);
    setWorkspace(settings_.value(kWorkspaceKey).toString());
}

void MainWindow::save() {
    settings_.setValue(kGeometryKey, saveGeometry());
    settings_.setValue(kWorkspaceKey, workspace().key());
    settings_.setValue(kOpacityKey, session_.settings().opacity);
    settings_.setValue(kColourMapKey, QString::fromStdString(name(session_.settings().colourMap)));
    settings_.setValue(kSmoothKey, session_.settings().smooth);
    neighbours_->save();
    train_->save();
}

void MainWindow::setTheme(ThemeChoice theme) {
    theme_ = theme;
    applyTheme(*qApp, theme);
    for (QAction* action : themeActions_->actions()) {
        action->setChecked(action->data().toString() == themeName(theme));
    }
}

void MainWindow::openPaths(const QStringList& paths) {
    QStringList pictures;
    QStringList folders;
    Workspace* folderReader = nullptr;  // a run or a gallery that is named too opens another one
    std::vector<api::ModelSource> models;
    const auto addModel = [&models](const QString& path) {
        models.emplace_back().weights = filePath(path).string();
    };
    for (const QString& path : paths) {
        switch (inputKind(path)) {
            case InputKind::Folder:
                if (folders.isEmpty()) folderReader = &workspace();
                folders << path;
                break;
            case InputKind::Gallery:
                setWorkspace(neighbours_->key());
                neighbours_->openGallery(path);
                break;
            case InputKind::Run:
                if (&workspace() == compare_) {
                    addModel(path);
                } else {
                    setWorkspace(train_->key());
                    train_->showRun(filePath(path));
                }
                break;
            case InputKind::Weights:
                addModel(path);
                break;
            case InputKind::Picture:
                pictures << path;
                break;
        }
    }
    if (!models.empty()) openModels(models);
    if (!folders.isEmpty()) {
        folderReader->openFolders(folders, pictures);
    } else if (!pictures.isEmpty()) {
        workspace().openPictures(pictures);
    }
}

void MainWindow::leaveTrain() {
    if (&workspace() == train_) setWorkspace(explore_->key());
}

void MainWindow::openModel(const api::ModelSource& source) {
    compare_->offerModel(source);
    explore_->openModel(source);
}

/// Compare takes them all, elsewhere the last one counts.
void MainWindow::openModels(const std::vector<api::ModelSource>& sources) {
    if (&workspace() == compare_) {
        compare_->openModels(sources);
    } else {
        openModel(sources.back());
    }
}

void MainWindow::setSamples(const QStringList& files) {
    explore_->setSamples(files);
    compare_->setSamples(files);
}

bool MainWindow::isSettled() const {
    return std::ranges::all_of(workspaces_, [](const Workspace* each) { return each->isSettled(); });
}

void MainWindow::take(const QMimeData& mime, bool fromClipboard) {
    const Incoming incoming = incomingFrom(mime, fromClipboard);
    if (!incoming.paths.isEmpty()) {
        openPaths(incoming.paths);
    } else if (incoming.picture) {
        workspace().openPicture(qvariant_cast<QImage>(mime.imageData()),
                                fromClipboard ? tr("Pasted picture") : tr("Dropped picture"));
    } else if (incoming.remote) {
        workspace().tellError(tr("Only what is on this computer can be opened; save the picture first."));
    } else {
        workspace().tellError(fromClipboard
                                  ? tr("There is neither a picture nor the path of a file to paste.")
                                  : tr("What was dropped is neither a picture nor a file."));
    }
}

void MainWindow::paste() {
    if (const QMimeData* held = QGuiApplication::clipboard()->mimeData()) take(*held, true);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const Incoming incoming = incomingFrom(*event->mimeData(), false);
    if (incoming.isEmpty() && !incoming.remote) return;
    event->acceptProposedAction();
    workspace().setDropHint(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    workspace().setDropHint(false);
}

void MainWindow::dropEvent(QDropEvent* event) {
    workspace().setDropHint(false);
    event->acceptProposedAction();
    take(*event->mimeData(), false);
}

/// A run that trains is asked about; the window then closes when its checkpoint is written.
void MainWindow::closeEvent(QCloseEvent* event) {
    if (!train_->askClose()) {
        event->ignore();
        setWorkspace(train_->key());
        return;
    }
    save();
    QMainWindow::closeEvent(event);
}

}  // namespace dinoscope
