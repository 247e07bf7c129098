#include "ui/neighbours/live_teacher_button.h"

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

constexpr int kWidestText = 220;  // px, asked for; more is taken where it is given

}  // namespace

LiveTeacherButton::LiveTeacherButton(const QString& name, QWidget* parent) : QPushButton(parent) {
    setObjectName(name);
    connect(this, &QPushButton::clicked, this, [this] { Q_EMIT chosen(run_); });
    hide();
}

void LiveTeacherButton::setRun(const QString& run) {
    run_ = run;
    showText(kWidestText);
    hint_ = QPushButton::sizeHint();
    padding_ = hint_.width() - fontMetrics().horizontalAdvance(text());
    showText(width() - padding_);
    setToolTip(tr("The network that %1 trains, as it is when the computation begins").arg(run));
    setVisible(!run.isEmpty());
}

void LiveTeacherButton::showText(int room) {
    QString shown = fontMetrics().elidedText(liveTeacherText(run_), Qt::ElideMiddle, room);
    setText(shown.replace(QLatin1Char('&'), QLatin1String("&&")));
}

QSize LiveTeacherButton::sizeHint() const {
    return hint_.isValid() ? hint_ : QPushButton::sizeHint();
}

void LiveTeacherButton::resizeEvent(QResizeEvent* event) {
    QPushButton::resizeEvent(event);
    showText(width() - padding_);
}

bool LiveTeacherButton::isNamedBy(const QString& weights) const {
    return !run_.isEmpty() && isSameFile(weights, run_);
}

}  // namespace dinoscope
