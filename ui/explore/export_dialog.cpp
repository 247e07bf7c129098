#include "ui/explore/export_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/dialogs.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

ExportDialog::ExportDialog(Dialogs& dialogs, const QString& folder, const QString& stem, bool energy,
                           QWidget* parent)
    : QDialog(parent), stem_(stem) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export"));
    asSeen_ = new QCheckBox(tr("The view as seen, at the picture's own size (PNG)"));
    asSeen_->setObjectName(QStringLiteral("exportSeen"));
    asSeen_->setChecked(true);
    everyHead_ = new QCheckBox(energy ? tr("The energy, alone and as overlay (PNG)")
                                      : tr("Every head, alone and as overlay, and the mean (PNG)"));
    everyHead_->setObjectName(QStringLiteral("exportHeads"));
    everyHead_->setChecked(true);
    raw_ =
        new QCheckBox(energy ? tr("Its values (safetensors)") : tr("The values of every head (safetensors)"));
    raw_->setObjectName(QStringLiteral("exportRaw"));
    folder_ = new QLineEdit(QDir::toNativeSeparators(folder));
    folder_->setObjectName(QStringLiteral("exportFolder"));
    folder_->setMinimumWidth(280);
    auto* browse = new QPushButton(tr("Browse…"));
    connect(browse, &QPushButton::clicked, this, [this, &dialogs] {
        dialogs.chooseFolder(this, tr("Folder for the exported files"), folder_->text(),
                             [this](const QString& chosen) { folder_->setText(chosen); });
    });
    auto* where = new QHBoxLayout;
    where->setSpacing(kStep);
    auto* label = new QLabel(tr("&Folder"));
    label->setBuddy(folder_);
    where->addWidget(label);
    where->addWidget(folder_, 1);
    where->addWidget(browse);
    summary_ = new QLabel;
    summary_->setProperty("look", "muted");
    summary_->setWordWrap(true);
    const DialogButtons buttons = makeDialogButtons(*this, tr("Export"), QStringLiteral("exportAccept"));
    export_ = buttons.accept;

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    for (QCheckBox* box : {asSeen_, everyHead_, raw_}) {
        column->addWidget(box);
        connect(box, &QCheckBox::toggled, this, &ExportDialog::refresh);
    }
    column->addSpacing(kStep);
    column->addLayout(where);
    column->addWidget(summary_);
    column->addStretch(1);
    column->addWidget(buttons.box);
    connect(folder_, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    refresh();
}

bool ExportDialog::asSeen() const {
    return asSeen_->isChecked();
}
bool ExportDialog::everyHead() const {
    return everyHead_->isChecked();
}
bool ExportDialog::raw() const {
    return raw_->isChecked();
}
QString ExportDialog::folder() const {
    return folder_->text();
}

void ExportDialog::refresh() {
    const bool any = asSeen() || everyHead() || raw();
    export_->setEnabled(any && !folder().isEmpty());
    summary_->setText(any ? tr("Names start with %1; files of the same name are replaced.").arg(stem_)
                          : tr("Choose at least one of the three."));
}

}  // namespace dinoscope
