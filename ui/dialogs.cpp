#include "ui/dialogs.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QIcon>
#include <QMessageBox>

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
