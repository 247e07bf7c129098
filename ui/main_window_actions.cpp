// The main window's menus and what only they do.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>

#include "ui/explore/explore_workspace.h"
#include "ui/main_window.h"

namespace dinoscope {

QAction* MainWindow::addAction(QMenu& menu, const char* name, const QString& text, const QString& keys,
                               const std::function<void()>& does) {
    QAction* action = menu.addAction(text);
    action->setObjectName(QLatin1String(name));
    action->setShortcuts(QKeySequence::listFromString(keys));
    connect(action, &QAction::triggered, this, does);
    return action;
}

void MainWindow::makeMenus() {
    makeFileMenu();
    makeEditMenu();
    makeViewMenu();
    QMenu* attention = menuBar()->addMenu(tr("&Attention"));
    explore_->actions().fillHeadsMenu(*attention);
    makeHelpMenu();
}

void MainWindow::makeFileMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    ExploreActions& explore = explore_->actions();
    addAction(*menu, "actionOpenPicture", tr("&Open pictures…"), QStringLiteral("Ctrl+O"), [this] {
        openPictureDialog();
    })->setIcon(themeIcon(QStringLiteral("image")));
    addAction(*menu, "actionOpenFolder", tr("Open &folder…"), QStringLiteral("Ctrl+Shift+O"), [this] {
        openFolderDialog();
    })->setIcon(themeIcon(QStringLiteral("folder")));
    menu->addAction(explore.openWeights);
    QMenu* recent = menu->addMenu(tr("Open &recent"));
    recent->setObjectName(QStringLiteral("recentMenu"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecentMenu(*recent); });
    menu->addSeparator();
    menu->addAction(explore.previous);
    menu->addAction(explore.next);
    menu->addSeparator();
    menu->addAction(explore.exportFiles);
    menu->addSeparator();
    addAction(*menu, "actionQuit", tr("&Quit"), QStringLiteral("Ctrl+Q"), [this] { close(); });
}

void MainWindow::makeEditMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    addAction(*menu, "actionPaste", tr("&Paste picture or path"), QStringLiteral("Ctrl+V"),
              [this] { paste(); });
    menu->addSeparator();
    menu->addAction(explore_->actions().copyPicture);
    menu->addAction(explore_->actions().copyCommand);
}

void MainWindow::makeViewMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    explore_->actions().fillViewMenu(*menu);
    menu->addSeparator();
    QMenu* themes = menu->addMenu(tr("&Theme"));
    themeActions_ = new QActionGroup(this);
    const std::pair<ThemeChoice, QString> choices[] = {{ThemeChoice::System, tr("As the &desktop")},
                                                       {ThemeChoice::Dark, tr("&Dark")},
                                                       {ThemeChoice::Light, tr("&Light")}};
    for (const auto& [theme, title] : choices) {
        const QByteArray name = "actionTheme-" + themeName(theme).toLatin1();
        QAction* action = addAction(*themes, name.constData(), title, {}, [this, chosen = theme] {
            setTheme(chosen);
            settings_.setValue(QStringLiteral("window/theme"), themeName(chosen));
        });
        action->setCheckable(true);
        action->setData(themeName(theme));
        themeActions_->addAction(action);
    }
    QAction* full = addAction(*menu, "actionFullScreen", tr("&Full screen"), QStringLiteral("F11"),
                              [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    full->setCheckable(true);
}

void MainWindow::makeHelpMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    addAction(*menu, "actionShortcuts", tr("&Keyboard shortcuts"), QStringLiteral("F1"),
              [this] { showShortcuts(); });
    addAction(*menu, "actionAbout", tr("&About Dinoscope"), {}, [this] { showAbout(); });
}

void MainWindow::fillRecentMenu(QMenu& menu) {
    menu.clear();
    const QStringList paths = recentPictures_.paths();
    for (const QString& path : paths) {
        QAction* action = menu.addAction(QFileInfo(path).fileName());
        action->setToolTip(path);
        action->setIcon(
            themeIcon(QFileInfo(path).isDir() ? QStringLiteral("folder") : QStringLiteral("image")));
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
    dialogs_.tell(this, tr("About Dinoscope"),
                  tr("<h3>Dinoscope %1</h3>"
                     "<p>Train self-supervised Vision Transformers and look inside them.</p>"
                     "<p>Licensed under the GNU General Public License, version 3 or later. "
                     "It comes without any warranty.</p>"
                     "<p>Built with Qt %2 and LibTorch.<br>"
                     "The method is that of Caron et al., <i>Emerging Properties in Self-Supervised Vision "
                     "Transformers</i>, ICCV 2021.</p>")
                      .arg(QStringLiteral(DINOSCOPE_VERSION), QLatin1String(qVersion())));
}

void MainWindow::showShortcuts() {
    QString rows;
    for (const QAction* action : findChildren<QAction*>()) {
        if (action->shortcuts().isEmpty() || !action->isVisible()) continue;
        QStringList keys;
        for (const QKeySequence& sequence : action->shortcuts().mid(0, 2)) {
            keys << sequence.toString(QKeySequence::NativeText).toHtmlEscaped();
        }
        rows += QStringLiteral("<tr><td style='padding-right:24px'>%1</td><td><b>%2</b></td></tr>")
                    .arg(action->text().remove(QLatin1Char('&')).toHtmlEscaped(), keys.join(tr(" or ")));
    }
    const QString canvas =
        tr("<p>On the picture: the wheel zooms to the cursor, dragging pans, a click keeps a "
           "patch.<br>Enter keeps the patch in the middle, arrows move it.</p>");
    dialogs_.tell(this, tr("Keyboard shortcuts"), QStringLiteral("<table>%1</table>%2").arg(rows, canvas));
}

}  // namespace dinoscope
