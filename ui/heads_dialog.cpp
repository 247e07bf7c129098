#include "ui/heads_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kUsualWidth = 64;  // of a head, in most families
constexpr int kTextWidth = 380;

}  // namespace

HeadsDialog::HeadsDialog(const UnknownHeads& unknown, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("headsDialog"));
    setWindowTitle(tr("Number of heads"));
    auto* title = new QLabel(tr("How many heads has each layer?"));
    title->setProperty("look", "title");
    auto* text = new QLabel(tr("%1 does not tell. Its layers are %2 wide; whoever made the file knows into "
                               "how many heads that is split. A wrong number loads, and gives wrong maps.")
                                .arg(QFileInfo(pathText(unknown.where())).fileName())
                                .arg(unknown.dim()));
    text->setWordWrap(true);
    text->setFixedWidth(kTextWidth);
    choice_ = new QComboBox;
    choice_->setObjectName(QStringLiteral("headsChoice"));
    for (const int heads : unknown.candidates()) {
        choice_->addItem(
            heads == 1 ? tr("1 head") : tr("%1 heads, each %2 wide").arg(heads).arg(unknown.dim() / heads),
            heads);
    }
    choice_->setCurrentIndex(std::max(0, choice_->findData(unknown.dim() / kUsualWidth)));
    auto* label = new QLabel(tr("&Heads per layer"));
    label->setProperty("look", "muted");
    label->setBuddy(choice_);
    const DialogButtons buttons = makeDialogButtons(*this, tr("Open"), QStringLiteral("headsAccept"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    column->addWidget(title);
    column->addWidget(text);
    column->addSpacing(kStep);
    column->addWidget(label);
    column->addWidget(choice_);
    column->addSpacing(kStep);
    column->addWidget(buttons.box);
}

int HeadsDialog::heads() const {
    return choice_->currentData().toInt();
}

void askHeads(QWidget* parent, const UnknownHeads& unknown, const std::function<void(int heads)>& chosen,
              const std::function<void()>& declined) {
    auto* dialog = new HeadsDialog(unknown, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QDialog::accepted, parent, [dialog, chosen] { chosen(dialog->heads()); });
    QObject::connect(dialog, &QDialog::rejected, parent, declined);
    dialog->open();
}

}  // namespace dinoscope
