#include "ui/dialogs.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QIcon>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QStandardPaths>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

constexpr int kIconSize = 64;
constexpr int kLeastTextHeight = 120;
constexpr int kTitleBar = 48;  // of the desktop, and a margin

/// "json" of "JSON (*.json)"; nothing where any name will do.
QString suffixOf(const QString& filter) {
    static const QRegularExpression pattern(QStringLiteral("\\*\\.(\\w+)"));
    return pattern.match(filter).captured(1);
}

/// What is written follows the name's ending, so the ending follows the kind that is chosen.
void takeSuffix(QFileDialog& dialog, const QStringList& filters, const QString& filter) {
    const QString suffix = suffixOf(filter);
    dialog.setDefaultSuffix(suffix);
    const QStringList names = dialog.selectedFiles();
    if (suffix.isEmpty() || names.isEmpty()) return;
    const QFileInfo name(names.front());
    const bool known =
        std::ranges::any_of(filters, [&](const QString& each) { return name.suffix() == suffixOf(each); });
    if (known && name.suffix() != suffix) dialog.selectFile(name.completeBaseName() + u'.' + suffix);
}

}  // namespace

/// Where the program was started from is nowhere in particular.
QString DesktopDialogs::startFolder() const {
    if (!lastFolder_.isEmpty()) return lastFolder_;
    const QString pictures = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    return QFileInfo(pictures).isDir() ? pictures : QDir::homePath();
}

void DesktopDialogs::openFiles(QWidget* parent, const QString& title, const QStringList& filters,
                               bool several, const Files& chosen) {
    auto* dialog = new QFileDialog(parent, title, startFolder());
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
    auto* dialog = new QFileDialog(parent, title, start.isEmpty() ? startFolder() : start);
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
    dialog->setDefaultSuffix(suffixOf(dialog->selectedNameFilter()));
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog,
                     [dialog, filters](const QString& filter) { takeSuffix(*dialog, filters, filter); });
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
    call << QStringList{fileAddress(file).toString(QUrl::FullyEncoded)} << QString();
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), qApp);
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, qApp, [watcher, folder] {
        if (watcher->isError()) QDesktopServices::openUrl(fileAddress(folder));
        watcher->deleteLater();
    });
}

/// As tall as its text, or as the screen has room for: then the text scrolls.
void DesktopDialogs::tell(QWidget* parent, const QString& title, const QString& richText) {
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* icon = new QLabel;
    icon->setPixmap(QIcon(QStringLiteral(":/icons/dinoscope.svg")).pixmap(kIconSize, kIconSize));
    auto* text = new QLabel(richText);
    text->setTextFormat(Qt::RichText);
    text->setTextInteractionFlags(Qt::LinksAccessibleByMouse);
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidgetResizable(true);
    area->setWidget(text);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);

    auto* row = new QHBoxLayout;
    row->addWidget(icon, 0, Qt::AlignTop);
    row->addWidget(area, 1);
    auto* column = new QVBoxLayout(dialog);
    column->addLayout(row, 1);
    column->addWidget(buttons);

    const QSize whole = text->sizeHint();
    area->setMinimumWidth(whole.width() + area->verticalScrollBar()->sizeHint().width());
    area->setMinimumHeight(std::min(whole.height(), kLeastTextHeight));
    const int around = dialog->sizeHint().height() - area->sizeHint().height();
    const int room = parent->screen()->availableGeometry().height() - kTitleBar;
    dialog->resize(dialog->sizeHint().width(), std::min(whole.height() + around, room));
    area->setFocus();
    dialog->open();
}

void DesktopDialogs::ask(QWidget* parent, const Question& question, const Answer& answered) {
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, question.title, question.text, QMessageBox::NoButton, parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* yes = box->addButton(question.yes, QMessageBox::AcceptRole);
    QPushButton* no = box->addButton(question.no, QMessageBox::RejectRole);
    box->setDefaultButton(no);
    box->setEscapeButton(no);
    QObject::connect(box, &QMessageBox::finished, parent,
                     [box, yes, answered] { answered(box->clickedButton() == yes); });
    box->open();
}

}  // namespace dinoscope
