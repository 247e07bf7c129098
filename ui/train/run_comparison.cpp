#include "ui/train/run_comparison.h"

#include <QLabel>
#include <QSettings>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"
#include "ui/train/difference_table.h"
#include "ui/train/run_text.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kAxisKey = QStringLiteral("runs/axis");
constexpr double kSmoothing = 100;
constexpr int kDifferenceWidth = 400;
constexpr int kNarrow = 1100;

}  // namespace

RunComparison::RunComparison(Runners runners, QSettings& settings, QWidget* parent)
    : QSplitter(Qt::Horizontal, parent), runners_(runners), settings_(settings) {
    setObjectName(QStringLiteral("comparisonSplit"));
    setChildrenCollapsible(false);
    setHandleWidth(1);
    curves_ = new CurveStack;
    curves_->setObjectName(QStringLiteral("runsCurves"));
    curves_->setAxisTitles({tr("Steps"), tr("Epochs"), tr("Time")});
    curves_->setAxis(CurveAxis(std::clamp(settings_.value(kAxisKey, 1).toInt(), 0, kCurveAxes - 1)));
    curves_->setSmoothing(kSmoothing);
    connect(curves_, &CurveStack::axisChanged, this, [this](CurveAxis axis) {
        settings_.setValue(kAxisKey, int(axis));
        showCurves(true);
    });
    addWidget(curves_);
    addWidget(makeDifferences());
    setStretchFactor(0, 2);
    setStretchFactor(1, 1);
}

QWidget* RunComparison::makeDifferences() {
    differenceTitle_ = new QLabel;
    differenceTitle_->setObjectName(QStringLiteral("differencesTitle"));
    differenceTitle_->setProperty("look", "muted");
    differenceTitle_->setWordWrap(true);
    differences_ = new DifferenceTable;
    differences_->setObjectName(QStringLiteral("differences"));
    differences_->setAccessibleName(tr("Options that differ"));
    auto* side = new QWidget;
    side->setMinimumWidth(kDifferenceWidth);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(kStep, kStep, kStep, kStep);
    column->setSpacing(kHalfStep);
    column->addWidget(differenceTitle_);
    column->addWidget(differences_, 1);
    return side;
}

void RunComparison::setRuns(std::vector<api::RunSummary> runs) {
    const std::size_t drawn = std::min(runs.size(), std::size_t(kMostRuns));
    const std::size_t leftOut = runs.size() - drawn;
    runs.resize(drawn);
    std::vector<std::filesystem::path> folders;
    for (const api::RunSummary& run : runs)
        folders.push_back(run.folder);
    follow(folders);
    showDifferences(runs, leftOut);
}

bool RunComparison::isSettled() const {
    return std::ranges::all_of(watches_, [](const auto& watch) { return watch->isSettled(); });
}

void RunComparison::showEvent(QShowEvent* event) {
    QSplitter::showEvent(event);
    arrange();
    for (const auto& watch : watches_)
        watch->setFollowing(true);
}

void RunComparison::hideEvent(QHideEvent* event) {
    QSplitter::hideEvent(event);
    for (const auto& watch : watches_)
        watch->setFollowing(false);
}

void RunComparison::resizeEvent(QResizeEvent* event) {
    QSplitter::resizeEvent(event);
    if (isVisible()) arrange();
}

/// Beside the curves the options would leave them too little room in a narrow window: they go below.
void RunComparison::arrange() {
    const Qt::Orientation wanted = width() < kNarrow ? Qt::Vertical : Qt::Horizontal;
    if (orientation() == wanted) return;
    const QList<int> before = sizes();
    setOrientation(wanted);
    setSizes(sizesOfOther_.isEmpty() ? QList<int>{2 * kDifferenceWidth, kDifferenceWidth} : sizesOfOther_);
    sizesOfOther_ = before;
}

/// A run that stays keeps what was read.
void RunComparison::follow(const std::vector<std::filesystem::path>& runs) {
    const auto isOf = [](const auto& watch, const std::filesystem::path& run) { return watch->run() == run; };
    if (std::equal(watches_.begin(), watches_.end(), runs.begin(), runs.end(), isOf)) return;
    std::vector<std::unique_ptr<RunWatch>> before = std::exchange(watches_, {});
    std::vector<std::pair<RunWatch*, std::filesystem::path>> added;
    for (const std::filesystem::path& run : runs) {
        const auto found =
            std::ranges::find_if(before, [&](const auto& watch) { return watch && watch->run() == run; });
        if (found != before.end()) {
            watches_.push_back(std::move(*found));
            continue;
        }
        watches_.push_back(std::make_unique<RunWatch>(runners_, MetricsFollower::Wanted::All));
        RunWatch* watch = watches_.back().get();
        watch->setFollowing(isVisible());
        connect(watch, &RunWatch::restarted, this, [this] { showCurves(true); });
        connect(watch, &RunWatch::grown, curves_, &CurveStack::refresh);
        connect(watch, &RunWatch::settledChanged, this, [this] {
            showCurves(false);
            Q_EMIT activityChanged();
        });
        added.emplace_back(watch, run);
    }
    for (const auto& [watch, run] : added)
        watch->setRun(run);
    showCurves(true);
}

void RunComparison::showCurves(bool fit) {
    std::map<std::filesystem::path, int> colours;
    const QString none = watches_.empty() ? tr("choose runs above") : tr("no steps yet");
    CurvePanel loss{QStringLiteral("runsLoss"), tr("Loss"), {}, {}, false, none};
    CurvePanel score{QStringLiteral("runsScore"), tr("k-NN accuracy, %"), {}, {}, false, none};
    const bool onlyRanks = !watches_.empty() && std::ranges::all_of(watches_, [](const auto& watch) {
        return tellsRank(watch->curves(), watch->summary());
    });
    if (onlyRanks) score.title = tr("Effective rank");
    if (watches_.size() == 1) {
        score.emptyText = emptyEpochsText(watches_.front()->summary());
    } else if (!watches_.empty()) {
        score.emptyText = tr("not measured yet");
    }
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        const RunWatch& watch = *watches_[i];
        colours[watch.run()] = int(i);
        const auto add = [&](CurvePanel& panel, Curve curve) {
            curve.name = pathText(watch.run().filename());
            curve.colour = int(i);
            panel.curves.push_back(std::move(curve));
        };
        add(loss, watch.curves().curve(StepQuantity::Loss, curves_->axis()));
        add(score,
            watch.curves().curve(onlyRanks ? EpochQuantity::Rank : EpochQuantity::Knn, curves_->axis()));
    }
    curves_->setPanels({std::move(loss), std::move(score)}, fit);
    Q_EMIT coloursChanged(colours);
}

void RunComparison::showDifferences(const std::vector<api::RunSummary>& runs, std::size_t leftOut) {
    const int found = differences_->setRuns(runs);
    QString title = runs.size() < 2 ? tr("Choose several runs to see in which options they differ.")
                    : found == 0    ? tr("They have the same options.")
                                    : tr("Options that differ");
    if (leftOut > 0)
        title += tr("\nOf the chosen runs %1 are drawn, %2 are not.").arg(kMostRuns).arg(leftOut);
    differenceTitle_->setText(title);
    differences_->setVisible(found > 0);
}

}  // namespace dinoscope
