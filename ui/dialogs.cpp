#include "ui/dialogs.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QIcon>
#include <QMessageBox>
#include <QUrl>

namespace dinoscope {

void DesktopDialogs::openFiles(QWidget* parent, const QString& title, const QStringList& filters,
                               bool several, const Files& chosen) {
    auto* dialog = new QFileDialog(parent, title, lastFolder_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(several ? QFileDialog::ExistingFiles : QFileDialog::ExistingFile);
    dialog->setNameFilters(filters);
    QObject::connect(dialog, &QFileDialog::filesSelected, parent, [this, chosen](const QStringList& files) {
        if (!files.isEmpty()) lastFolder_ = QFileInfo(files.front()).absolutePath();
        chosen(files);
    });
    dialog->open();
}

void DesktopDialogs::chooseFolder(QWidget* parent, const QString& title, const QString& start,
                                  const Folder& chosen) {
    auto* dialog = new QFileDialog(parent, title, start.isEmpty() ? lastFolder_ : start);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [this, chosen](const QString& folder) {
        lastFolder_ = folder;
        chosen(folder);
    });
    dialog->open();
}

void DesktopDialogs::saveFile(QWidget* parent, const QString& title, const QString& suggested,
                              const QStringList& filters, const Folder& chosen) {
    auto* dialog = new QFileDialog(parent, title, QFileInfo(suggested).absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(filters);
    dialog->selectFile(QFileInfo(suggested).fileName());
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [this, chosen](const QString& file) {
        lastFolder_ = QFileInfo(file).absolutePath();
        chosen(file);
    });
    dialog->open();
}

/// File managers that follow the freedesktop.org interface select the file; else its folder is opened.
void DesktopDialogs::reveal(const QString& file) {
    const QString folder = QFileInfo(file).absolutePath();
    QDBusMessage call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.FileManager1"), QStringLiteral("/org/freedesktop/FileManager1"),
        QStringLiteral("org.freedesktop.FileManager1"), QStringLiteral("ShowItems"));
    call << QStringList{QUrl::fromLocalFile(file).toString()} << QString();
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), qApp);
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, qApp, [watcher, folder] {
        if (watcher->isError()) QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
        watcher->deleteLater();
    });
}

void DesktopDialogs::tell(QWidget* parent, const QString& title, const QString& richText) {
    auto* box = new QMessageBox(parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(title);
    box->setIconPixmap(QIcon(QStringLiteral(":/icons/dinoscope.svg")).pixmap(64, 64));
    box->setTextFormat(Qt::RichText);
    box->setText(richText);
    box->setStandardButtons(QMessageBox::Close);
    box->open();
}

}  // namespace dinoscope
