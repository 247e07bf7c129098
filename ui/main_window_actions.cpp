// The main window's menus and what only they do.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QToolButton>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/explore/explore_workspace.h"
#include "ui/main_window.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

QAction* MainWindow::makeAction(const char* name, const QString& text, const QString& keys,
                                const std::function<void()>& does) {
    auto* action = new QAction(text, this);
    action->setObjectName(QLatin1String(name));
    action->setShortcuts(QKeySequence::listFromString(keys));
    connect(action, &QAction::triggered, this, does);
    addAction(action);
    return action;
}

void MainWindow::makeActions() {
    actions_.openPicture = makeAction("actionOpenPicture", tr("&Open pictures…"), QStringLiteral("Ctrl+O"),
                                      [this] { openPictureDialog(); });
    actions_.openPicture->setIcon(themeIcon(QStringLiteral("image")));
    actions_.openFolder = makeAction("actionOpenFolder", tr("Open &folder…"), QStringLiteral("Ctrl+Shift+O"),
                                     [this] { openFolderDialog(); });
    actions_.openFolder->setIcon(themeIcon(QStringLiteral("folder")));
    actions_.quit = makeAction("actionQuit", tr("&Quit"), QStringLiteral("Ctrl+Q"), [this] { close(); });
    actions_.paste = makeAction("actionPaste", tr("&Paste picture or path"), QStringLiteral("Ctrl+V"),
                                [this] { paste(); });
    actions_.fullScreen = makeAction("actionFullScreen", tr("&Full screen"), QStringLiteral("F11"),
                                     [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    actions_.fullScreen->setCheckable(true);
    actions_.shortcuts = makeAction("actionShortcuts", tr("&Keyboard shortcuts"), QStringLiteral("F1"),
                                    [this] { showShortcuts(); });
    actions_.about = makeAction("actionAbout", tr("&About Dinoscope"), {}, [this] { showAbout(); });
}

void MainWindow::makeThemeActions() {
    themeActions_ = new QActionGroup(this);
    const std::pair<ThemeChoice, QString> choices[] = {{ThemeChoice::System, tr("As the &desktop")},
                                                       {ThemeChoice::Dark, tr("&Dark")},
                                                       {ThemeChoice::Light, tr("&Light")}};
    for (const auto& [theme, title] : choices) {
        const QByteArray name = "actionTheme-" + themeName(theme).toLatin1();
        QAction* action = makeAction(name.constData(), title, {}, [this, chosen = theme] {
            setTheme(chosen);
            settings_.setValue(QStringLiteral("window/theme"), themeName(chosen));
        });
        action->setCheckable(true);
        action->setData(themeName(theme));
        themeActions_->addAction(action);
    }
}

QAction* MainWindow::makeWorkspaceAction(Workspace& workspace) {
    const QByteArray name = "workspace-" + workspace.key().toLatin1();
    const QString keys = QStringLiteral("Alt+%1").arg(workspaceActions_->actions().size() + 1);
    QAction* action = makeAction(name.constData(), workspace.title(), keys,
                                 [this, key = workspace.key()] { setWorkspace(key); });
    action->setToolTip(tr("%1 (%2)").arg(QString(workspace.title()).remove(QLatin1Char('&')), keys));
    action->setCheckable(true);
    action->setData(workspace.key());
    workspaceActions_->addAction(action);
    return action;
}

/// At the right end of the menu bar: always in sight, at the cost of no line.
void MainWindow::makeSwitcher() {
    workspaceActions_ = new QActionGroup(this);
    auto* switcher = new QWidget;
    switcher->setObjectName(QStringLiteral("switcher"));
    auto* row = new QHBoxLayout(switcher);
    row->setContentsMargins(kStep, 0, kStep, 0);
    row->setSpacing(kHalfStep);
    for (Workspace* each : workspaces_) {
        auto* button = new QToolButton;
        button->setDefaultAction(makeWorkspaceAction(*each));
        button->setObjectName(QStringLiteral("switch-") + each->key());
        button->setProperty("look", "switch");
        button->setFocusPolicy(Qt::TabFocus);
        row->addWidget(button);
    }
    menuBar()->setCornerWidget(switcher);
}

QList<QMenu*> MainWindow::makeMenus(Workspace& workspace) {
    QList<QMenu*> menus{makeFileMenu(workspace), makeEditMenu(workspace), makeViewMenu(workspace)};
    menus << workspace.makeMenus(this) << makeHelpMenu();
    return menus;
}

QMenu* MainWindow::makeFileMenu(Workspace& workspace) {
    auto* menu = new QMenu(tr("&File"), this);
    menu->addAction(actions_.openPicture);
    menu->addAction(actions_.openFolder);
    QMenu* recent = menu->addMenu(tr("Open &recent"));
    recent->setObjectName(QStringLiteral("recentMenu"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecentMenu(*recent); });
    workspace.fillMenu(Workspace::Menu::File, *menu);
    menu->addSeparator();
    menu->addAction(actions_.quit);
    return menu;
}

QMenu* MainWindow::makeEditMenu(Workspace& workspace) {
    auto* menu = new QMenu(tr("&Edit"), this);
    menu->addAction(actions_.paste);
    menu->addSeparator();
    workspace.fillMenu(Workspace::Menu::Edit, *menu);
    return menu;
}

QMenu* MainWindow::makeViewMenu(Workspace& workspace) {
    auto* menu = new QMenu(tr("&View"), this);
    menu->addActions(workspaceActions_->actions());
    menu->addSeparator();
    workspace.fillMenu(Workspace::Menu::View, *menu);
    menu->addSeparator();
    menu->addMenu(tr("&Theme"))->addActions(themeActions_->actions());
    menu->addAction(actions_.fullScreen);
    return menu;
}

QMenu* MainWindow::makeHelpMenu() {
    auto* menu = new QMenu(tr("&Help"), this);
    menu->addAction(actions_.shortcuts);
    menu->addAction(actions_.about);
    return menu;
}

void MainWindow::fillRecentMenu(QMenu& menu) {
    menu.clear();
    const QStringList paths = recentPictures_.paths();
    for (const QString& path : paths) {
        QAction* action = menu.addAction(withoutMnemonic(QFileInfo(path).fileName()));
        action->setToolTip(path);
        action->setIcon(themeIcon(isFolder(path) ? QStringLiteral("folder") : QStringLiteral("image")));
        connect(action, &QAction::triggered, this, [this, path] { openPaths({path}); });
    }
    if (paths.isEmpty()) {
        menu.addAction(tr("Nothing yet"))->setEnabled(false);
        return;
    }
    menu.setToolTipsVisible(true);
    menu.addSeparator();
    connect(menu.addAction(tr("&Clear this list")), &QAction::triggered, this,
            [this] { recentPictures_.clear(); });
}

void MainWindow::openPictureDialog() {
    QStringList patterns;
    for (const std::string& extension : imageExtensions()) {
        patterns << QLatin1Char('*') + QString::fromStdString(extension);
    }
    dialogs_.openFiles(this, tr("Open pictures"),
                       {tr("Pictures (%1)").arg(patterns.join(QLatin1Char(' '))), tr("All files (*)")}, true,
                       [this](const QStringList& files) { openPaths(files); });
}

void MainWindow::openFolderDialog() {
    dialogs_.chooseFolder(this, tr("Open a folder of pictures"), {},
                          [this](const QString& folder) { openPaths({folder}); });
}

void MainWindow::showAbout() {
    dialogs_.tell(
        this, tr("About Dinoscope"),
        tr("<h3>Dinoscope %1</h3>"
           "<p>Train self-supervised Vision Transformers and look inside them.</p>"
           "<p>Licensed under the GNU General Public License, version 3 or later. "
           "It comes without any warranty.</p>"
           "<p>Built with Qt %2, LibTorch and QCustomPlot. The bundled model's weights are CC BY 4.0.<br>"
           "The method is that of Caron et al., <i>Emerging Properties in Self-Supervised Vision "
           "Transformers</i>, ICCV 2021.</p>")
            .arg(QStringLiteral(DINOSCOPE_VERSION), QLatin1String(qVersion())));
}

void MainWindow::showShortcuts() {
    QString rows;
    for (const QAction* action : findChildren<QAction*>()) {
        const QActionGroup* group = action->actionGroup();
        // An action without keys may have an empty sequence.
        if (action->shortcut().isEmpty() || !action->isVisible() || (group && !group->isEnabled())) continue;
        QStringList keys;
        for (const QKeySequence& sequence : action->shortcuts().mid(0, 2)) {
            keys << sequence.toString(QKeySequence::NativeText).toHtmlEscaped();
        }
        rows += QStringLiteral("<tr><td style='padding-right:24px'>%1</td><td><b>%2</b></td></tr>")
                    .arg(action->text().remove(QLatin1Char('&')).toHtmlEscaped(), keys.join(tr(" or ")));
    }
    dialogs_.tell(this, tr("Keyboard shortcuts"),
                  QStringLiteral("<table>%1</table>%2").arg(rows, workspace().otherKeys()));
}

}  // namespace dinoscope
