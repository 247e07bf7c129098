#include "ui/neighbours/live_teacher_button.h"

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

constexpr int kWidestText = 220;

}  // namespace

LiveTeacherButton::LiveTeacherButton(const QString& name, QWidget* parent) : QPushButton(parent) {
    setObjectName(name);
    connect(this, &QPushButton::clicked, this, [this] { Q_EMIT chosen(run_); });
    hide();
}

void LiveTeacherButton::setRun(const QString& run) {
    run_ = run;
    QString text = fontMetrics().elidedText(liveTeacherText(run), Qt::ElideMiddle, kWidestText);
    setText(text.replace(QLatin1Char('&'), QLatin1String("&&")));
    setToolTip(tr("The network that %1 trains, as it is when the computation begins").arg(run));
    setVisible(!run.isEmpty());
}

bool LiveTeacherButton::isNamedBy(const QString& weights) const {
    return !run_.isEmpty() && isSameFile(weights, run_);
}

}  // namespace dinoscope
