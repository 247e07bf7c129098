#include "ui/neighbours/build_bar.h"

#include <QAction>
#include <QDir>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>
#include <chrono>

#include "ui/neighbours/neighbours_text.h"
#include "ui/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 100ms;
constexpr int kBarWidth = 240;

}  // namespace

BuildBar::BuildBar(const NeighboursSession& session, QAction* pause, QAction* stop, QWidget* parent)
    : QFrame(parent), session_(session) {
    setObjectName(QStringLiteral("header"));
    text_ = new ElidedLabel(Qt::ElideRight);
    text_->setObjectName(QStringLiteral("buildText"));
    bar_ = new QProgressBar;
    bar_->setObjectName(QStringLiteral("buildProgress"));
    bar_->setTextVisible(false);
    bar_->setMaximumWidth(kBarWidth);
    const auto button = [](QAction* action) {
        auto* made = new QToolButton;
        made->setDefaultAction(action);
        made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        made->setFocusPolicy(Qt::StrongFocus);
        return made;
    };
    pause_ = button(pause);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kStep);
    row->addWidget(new IconLabel(themeIcon(QStringLiteral("gallery")), 18));
    row->addWidget(text_, 3);
    row->addWidget(bar_, 2);
    row->addWidget(pause_);
    row->addWidget(button(stop));
    timer_.setInterval(kInterval);
    connect(&timer_, &QTimer::timeout, this, &BuildBar::refresh);
    hide();
}

void BuildBar::setBuild(const BuildState* build) {
    control_ = build ? build->control : nullptr;
    setVisible(build);
    if (!build) {
        timer_.stop();
        return;
    }
    step_ = build->step;
    const bool index = step_ == BuildState::Step::ApproximateIndex;
    title_ = (index ? tr("Building the search index of %1") : tr("Building %1"))
                 .arg(QDir(build->gallery).dirName());
    if (!timer_.isActive()) timer_.start();
    refresh();
}

void BuildBar::refresh() {
    const Progress progress = control_ ? control_->progress() : Progress{};
    text_->setText(tr("%1: %2").arg(title_, stateText(progress)));
    bar_->setRange(0, int(std::min<std::int64_t>(progress.total, 1'000'000'000)));
    bar_->setValue(int(std::min<std::int64_t>(progress.done, 1'000'000'000)));
}

QString BuildBar::stateText(const Progress& progress) const {
    if (!control_) return tr("keeps the teacher as it is now");
    if (session_.buildWaits()) return waitingText();
    const bool paused = control_->isPaused();
    if (step_ != BuildState::Step::ApproximateIndex || progress.total > 0)
        return progressText(progress, paused);
    return paused ? tr("paused") : tr("reading the features");
}

}  // namespace dinoscope
