#include "ui/train/extend_dialog.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kTextWidth = 380;
constexpr int kMostEpochs = 100000;  // --epochs

}  // namespace

ExtendDialog::ExtendDialog(const QString& run, int epochs, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("extendDialog"));
    setWindowTitle(tr("Extend the run"));
    auto* title = new QLabel(tr("How many epochs in all?"));
    title->setProperty("look", "title");
    auto* text =
        new QLabel(tr("%1 has %2. It goes on where it ended; learning rate, weight decay and momentum "
                      "follow the schedule of the whole new length from there.")
                       .arg(run)
                       .arg(epochs == 1 ? tr("1 epoch") : tr("%1 epochs").arg(epochs)));
    text->setWordWrap(true);
    text->setFixedWidth(kTextWidth);
    epochs_ = new QSpinBox;
    epochs_->setObjectName(QStringLiteral("extendEpochs"));
    epochs_->setRange(std::min(epochs + 1, kMostEpochs), kMostEpochs);
    epochs_->setValue(2 * epochs);
    epochs_->setSuffix(tr(" epochs"));
    const DialogButtons buttons = makeDialogButtons(*this, tr("Extend"), QStringLiteral("extendAccept"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    column->addWidget(title);
    column->addWidget(text);
    column->addWidget(epochs_);
    column->addSpacing(kStep);
    column->addWidget(buttons.box);
}

int ExtendDialog::epochs() const {
    return epochs_->value();
}

}  // namespace dinoscope
