#include "ui/train/run_strip.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/theme.h"
#include "ui/train/run_driver.h"
#include "ui/train/train_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kBarWidth = 200;
constexpr int kRoomyWidth = 140 * kStep;

QString iconFor(const RunState& state) {
    if (state.paused) return QStringLiteral("pause");
    switch (state.phase) {
        case RunPhase::Completed:
            return QStringLiteral("done");
        case RunPhase::Failed:
            return QStringLiteral("error");
        case RunPhase::Stopped:
        case RunPhase::Stopping:
            return QStringLiteral("stop");
        default:
            return QStringLiteral("play");
    }
}

}  // namespace

RunStrip::RunStrip(RunDriver& driver, const Actions& actions, QWidget* parent)
    : QFrame(parent), driver_(driver), actions_(actions) {
    setObjectName(QStringLiteral("header"));
    icon_ = new IconLabel(themeIcon(QStringLiteral("play")), 18);
    phase_ = new QLabel;
    phase_->setObjectName(QStringLiteral("runPhase"));
    phase_->setProperty("look", "title");
    detail_ = new ElidedLabel(Qt::ElideRight);
    detail_->setObjectName(QStringLiteral("runDetail"));
    bar_ = new QProgressBar;
    bar_->setObjectName(QStringLiteral("runProgress"));
    bar_->setTextVisible(false);
    bar_->setAccessibleName(tr("Progress of the run"));
    bar_->setMaximumWidth(kBarWidth);
    left_ = new QLabel;
    left_->setObjectName(QStringLiteral("runTimeLeft"));
    left_->setProperty("look", "muted");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kStep);
    row->addWidget(icon_);
    row->addWidget(phase_);
    row->addWidget(detail_, 3);
    row->addWidget(bar_, 1);
    row->addWidget(left_);
    makeButtons();
    connect(&driver_, &RunDriver::progressed, this, &RunStrip::refresh);
    connect(&driver_, &RunDriver::stateChanged, this, &RunStrip::refresh);
    refresh();
}

QToolButton* RunStrip::addButton(QAction* action) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setObjectName(action->objectName() + QStringLiteral("Button"));
    button->setFocusPolicy(Qt::StrongFocus);
    layout()->addWidget(button);
    connect(action, &QAction::changed, this, &RunStrip::showButtons);
    return button;
}

void RunStrip::makeButtons() {
    pause_ = addButton(actions_.pause);
    connect(actions_.resume, &QAction::changed, this, &RunStrip::showButtons);
    whileActive_ = {pause_, addButton(actions_.save), addButton(actions_.stop)};
    afterwards_ = {addButton(actions_.goOn), addButton(actions_.extend)};
    QToolButton* explore = addButton(actions_.explore);
    whileActive_ << explore;
    afterwards_ << explore;
    showButtons();
    fitButtons();
}

/// Nothing moves under the mouse: what cannot be done at the moment is grey, not gone. What a run that has
/// ended does not offer takes no room.
void RunStrip::showButtons() {
    QAction* wanted = actions_.resume->isEnabled() ? actions_.resume : actions_.pause;
    if (QAction* former = pause_->defaultAction(); former != wanted) {
        pause_->setDefaultAction(wanted);
        pause_->removeAction(former);  // of two it would make a menu
    }
    const bool active = driver_.state().active();
    for (QToolButton* button : whileActive_ + afterwards_) {
        const QList<QToolButton*>& offered = active ? whileActive_ : afterwards_;
        button->setVisible(offered.contains(button) && (active || button->defaultAction()->isEnabled()));
    }
}

bool RunStrip::isRoomy() const {
    return width() >= kRoomyWidth;
}

/// Step and loss are what one looks for: in a narrow window the bar and the words of the buttons give way.
void RunStrip::fitButtons() {
    for (QToolButton* button : whileActive_ + afterwards_) {
        const bool words = isRoomy() || button->icon().isNull();
        button->setToolButtonStyle(words ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    }
    bar_->setVisible(driver_.state().active() && isRoomy());
}

void RunStrip::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    fitButtons();
}

/// What changes stands first, as the end is cut where there is no room.
QString RunStrip::detailText() const {
    const RunState& state = driver_.state();
    const Progress progress = driver_.progress();
    QStringList parts;
    if (driver_.isWaiting()) {
        parts << tr("waits until what Neighbours computes has ended");
    } else if (progress.total > 0 && progress.unit == "steps") {
        parts << tr("step %1 of %2").arg(countText(progress.done), countText(progress.total));
    } else if (state.phase == RunPhase::Starting && progress.done > 0) {
        parts << tr("%1 %2").arg(countText(progress.done), QString::fromStdString(progress.unit));
    }
    if (const auto& step = driver_.lastStep()) {
        parts << (std::isfinite(step->loss) ? tr("loss %1").arg(valueText(step->loss))
                                            : tr("the loss is not a number"));
        if (state.phase == RunPhase::Training && !state.paused)
            parts << tr("%1 images/s").arg(valueText(step->imagesPerSecond));
    }
    parts << pathText(driver_.folder().filename());
    return parts.join(QStringLiteral(" · "));
}

void RunStrip::refresh() {
    const RunState& state = driver_.state();
    const Progress progress = driver_.progress();
    icon_->setIcon(themeIcon(iconFor(state)));
    phase_->setText(phaseText(state));
    detail_->setText(detailText());
    bar_->setVisible(state.active() && isRoomy());
    showButtons();
    const bool steps = progress.unit == "steps";
    bar_->setRange(0, steps ? int(std::min<std::int64_t>(progress.total, 1'000'000'000)) : 0);
    bar_->setValue(steps ? int(std::min<std::int64_t>(progress.done, 1'000'000'000)) : 0);
    const QString left = timeLeftText(state, progress, driver_.sessionSteps());
    left_->setText(left);
    left_->setVisible(!left.isEmpty());
}

}  // namespace dinoscope
