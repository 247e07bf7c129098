#include "ui/train/watch_page.h"

#include <QBuffer>
#include <QDir>
#include <QHBoxLayout>
#include <QImage>
#include <QLocale>
#include <QMenu>
#include <QPdfWriter>
#include <QSettings>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/train/run_text.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_page.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kAxisKey = QStringLiteral("watch/axis");
const auto kSmoothingKey = QStringLiteral("watch/smoothing");
constexpr double kSmoothing = 30;
constexpr int kPixelsOfUnit = 2;  // of an exported picture
constexpr double kPointsOfInch = 72;

}  // namespace

WatchPage::WatchPage(Runners runners, Dialogs& dialogs, QSettings& settings, QWidget* parent)
    : RunPage(parent),
      runners_(runners),
      dialogs_(dialogs),
      settings_(settings),
      watch_(runners, MetricsFollower::Wanted::All) {
    setObjectName(QStringLiteral("watchPage"));
    stack_ = new CurveStack;
    stack_->setObjectName(QStringLiteral("watchCurves"));
    stack_->setAxisTitles({tr("Steps"), tr("Epochs"), tr("Time")});
    stack_->setAxis(CurveAxis(std::clamp(settings_.value(kAxisKey, 1).toInt(), 0, kCurveAxes - 1)));
    stack_->setSmoothing(settings_.value(kSmoothingKey, kSmoothing).toDouble());
    makeExports();
    auto* filled = new QWidget;
    auto* column = new QVBoxLayout(filled);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    column->addWidget(stack_, 1);
    faces_ = new QStackedWidget;
    faces_->addWidget(makeEmptyState());
    faces_->addWidget(filled);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(faces_);
    connect(stack_, &CurveStack::axisChanged, this, [this](CurveAxis axis) {
        settings_.setValue(kAxisKey, int(axis));
        showPanels(true);
    });
    connect(stack_, &CurveStack::smoothingChanged, this,
            [this](double span) { settings_.setValue(kSmoothingKey, span); });
    connect(&watch_, &RunWatch::restarted, this, [this] { showPanels(true); });
    connect(&watch_, &RunWatch::grown, this, [this] {
        if (measured_ != measured()) {
            showPanels(false);
        } else {
            stack_->refresh();
        }
        showSummary();
    });
    connect(&watch_, &RunWatch::summaryChanged, this, &WatchPage::showSummary);
    connect(&watch_, &RunWatch::changed, this, &RunPage::runChanged);
    connect(&watch_, &RunWatch::settledChanged, this, &RunPage::activityChanged);
    connect(&watch_, &RunWatch::failed, this, &RunPage::failed);
    connect(&jobs_, &JobBridge::pendingChanged, this, &RunPage::activityChanged);
    watch_.setFollowing(false);
    showPanels(true);
}

QWidget* WatchPage::makeEmptyState() {
    auto* empty = new EmptyPage(QStringLiteral("curves"));
    empty->setTitle(tr("Watch it learn, number by number"));
    empty->setText(
        tr("Loss, entropy, k-NN accuracy and all schedules of a run, from its first step.\n"
           "Start a run under Set up, or choose one under Runs."));
    if (QPushButton* example = makeExampleButton()) empty->addButton(example);
    return empty;
}

QWidget* WatchPage::makeHead() {
    auto* head = new QWidget;
    told_ = new ElidedLabel;
    told_->setObjectName(QStringLiteral("watchSummary"));
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(2 * kStep, kStep, 2 * kStep, 0);
    row->addWidget(told_, 1);
    return head;
}

void WatchPage::makeExports() {
    auto* button = new QToolButton;
    button->setObjectName(QStringLiteral("exportCurves"));
    button->setText(tr("Export"));
    button->setIcon(themeIcon(QStringLiteral("export")));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setProperty("look", "button");
    button->setProperty("menu", true);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(button);
    const auto add = [&](const char* name, const QString& text, const QString& ending,
                         const QString& filter) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this,
                [this, text, ending, filter] { exportCurves(text, ending, filter); });
    };
    add("exportCurvesPng", tr("Picture (PNG)"), QStringLiteral(".png"), tr("Pictures (*.png)"));
    add("exportCurvesPdf", tr("Document (PDF)"), QStringLiteral(".pdf"), tr("Documents (*.pdf)"));
    add("exportCurvesCsv", tr("Numbers (CSV)"), QStringLiteral(".csv"), tr("Tables (*.csv)"));
    button->setMenu(menu);
    stack_->bar()->addWidget(button);
}

void WatchPage::setRun(const std::filesystem::path& run) {
    faces_->setCurrentIndex(run.empty() ? 0 : 1);
    watch_.setRun(run);
}

void WatchPage::setToldAbove(bool told) {
    if (std::exchange(toldAbove_, told) != told) showSummary();
}

bool WatchPage::isSettled() const {
    return watch_.isSettled() && jobs_.pending() == 0;
}

void WatchPage::showEvent(QShowEvent* event) {
    RunPage::showEvent(event);
    watch_.setFollowing(true);
}

void WatchPage::hideEvent(QHideEvent* event) {
    RunPage::hideEvent(event);
    watch_.setFollowing(false);
}

std::pair<bool, bool> WatchPage::measured() const {
    return {watch_.curves().steps() > 0, watch_.curves().evaluations() > 0};
}

std::vector<CurvePanel> WatchPage::panels() const {
    const RunCurves& run = watch_.curves();
    const CurveAxis axis = stack_->axis();
    const QString noSteps = run.steps() == 0 ? tr("no steps yet") : tr("not measured");
    const auto named = [&](Curve curve, const QString& name, int colour) {
        curve.name = name;
        curve.colour = colour;
        return curve;
    };
    const auto one = [&](const char* key, const QString& title, Curve curve, int colour) {
        return CurvePanel{
            QLatin1String(key), title, {named(std::move(curve), {}, colour)}, {}, false, noSteps};
    };
    // By itself: over one axis with its two parts, which lie far apart, it would look level while it falls.
    CurvePanel loss{QStringLiteral("plotLoss"), tr("Loss"), {}, {}, true, noSteps};
    loss.curves = {named(run.curve(StepQuantity::Loss, axis), tr("loss"), 0)};
    if (const double uniform = watch_.summary().uniformLoss(); uniform > 0 && watch_.isKnown())
        loss.lines = {{tr("ln K"), uniform, false}};
    CurvePanel parts{QStringLiteral("plotLossParts"), tr("Parts of the loss"), {}, {}, false, noSteps};
    parts.curves = {named(run.curve(StepQuantity::TeacherEntropy, axis), tr("teacher's entropy"), 1),
                    named(run.curve(StepQuantity::Kl, axis), tr("KL"), 2)};
    const bool rank = tellsRank(run, watch_.summary());
    CurvePanel score = rank
                           ? one("plotScore", tr("Effective rank"), run.curve(EpochQuantity::Rank, axis), 3)
                           : one("plotScore", tr("k-NN accuracy, %"), run.curve(EpochQuantity::Knn, axis), 3);
    score.emptyText = emptyEpochsText(watch_.summary());
    return {std::move(loss),
            std::move(score),
            std::move(parts),
            one("plotGradient", tr("Gradient norm"), run.curve(StepQuantity::GradientNorm, axis), 4),
            one("plotRate", tr("Learning rate"), run.curve(StepQuantity::LearningRate, axis), 5),
            one("plotTemperature", tr("Teacher temperature"),
                run.curve(StepQuantity::TeacherTemperature, axis), 6),
            one("plotDecay", tr("Weight decay"), run.curve(StepQuantity::WeightDecay, axis), 7),
            one("plotMomentum", tr("Teacher momentum"), run.curve(StepQuantity::Momentum, axis), 1),
            one("plotSpeed", tr("Images per second"), run.curve(StepQuantity::ImagesPerSecond, axis), 2)};
}

void WatchPage::showPanels(bool fit) {
    measured_ = measured();
    stack_->setPanels(panels(), fit);
}

void WatchPage::showSummary() {
    const api::RunSummary& run = watch_.summary();
    if (!watch_.isKnown()) {
        told_->setText({});
        return;
    }
    if (run.state == api::RunState::Unreadable) {
        told_->setText(QString::fromStdString(run.problem));
        return;
    }
    QStringList parts;
    if (watch_.isGone()) {
        parts << tr("its folder is gone");
    } else if (!toldAbove_) {
        parts << stateText(run.state);
    }
    parts << tr("epoch %1").arg(epochsText(run));
    if (run.loss != kNotMeasured && !toldAbove_) parts << tr("loss %1").arg(lossText(run.loss));
    const api::RunScores& scores = watch_.scores();
    if (scores.lastKnn >= 0) {
        parts << (scores.bestKnn > scores.lastKnn
                      ? tr("k-NN %1, best %2 at epoch %3")
                            .arg(percentOf(scores.lastKnn), percentOf(scores.bestKnn))
                            .arg(scores.bestEpoch)
                      : tr("k-NN %1, its best").arg(percentOf(scores.lastKnn)));
    }
    // That of the last step says nothing once no other comes.
    if (run.imagesPerSecond > 0 && run.state == api::RunState::Live && !toldAbove_ && !watch_.isGone())
        parts << tr("%1 images/s").arg(QLocale::c().toString(run.imagesPerSecond, 'f', 1));
    if (run.seconds > 0) parts << tr("%1 of training").arg(durationText(run.seconds));
    if (scores.skipped == 1) parts << tr("1 image could not be read");
    if (scores.skipped > 1) parts << tr("%1 images could not be read").arg(scores.skipped);
    parts.first()[0] = parts.first()[0].toUpper();
    told_->setText(parts.join(QStringLiteral(" · ")));
}

void WatchPage::exportCurves(const QString& title, const QString& ending, const QString& filter) {
    const QString suggested =
        QDir(pathText(watch_.run())).filePath(pathText(watch_.run().filename()) + ending);
    dialogs_.saveFile(this, title, suggested, {filter}, [this](const QString& file) {
        if (!file.isEmpty()) write(file);
    });
}

/// What is drawn, is drawn here: a plot belongs to the GUI's thread. It is written elsewhere.
void WatchPage::write(const QString& file) {
    if (file.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        writeTable(file);
        return;
    }
    auto bytes = std::make_shared<QByteArray>();
    QBuffer buffer(bytes.get());
    buffer.open(QIODevice::WriteOnly);
    const QSize size = stack_->plotSize();
    QImage picture;
    if (file.endsWith(QLatin1String(".pdf"), Qt::CaseInsensitive)) {
        QPdfWriter writer(&buffer);
        writer.setTitle(pathText(watch_.run().filename()));
        // A unit of the page is one of the window: letters have the same size in either.
        writer.setResolution(logicalDpiX());
        writer.setPageSize(QPageSize(QSizeF(size) * kPointsOfInch / logicalDpiX(), QPageSize::Point, {},
                                     QPageSize::ExactMatch));
        writer.setPageMargins({});
        stack_->paintOn(writer, {writer.width(), writer.height()});
    } else {
        picture = QImage(size * kPixelsOfUnit, QImage::Format_RGB32);
        stack_->paintOn(picture, picture.size());
    }
    buffer.close();
    JobBridge::Task task;
    task.title = tr("Exporting");
    task.run = [bytes, picture, file](JobControl& control) {
        if (!picture.isNull()) {
            QBuffer encoded(bytes.get());
            encoded.open(QIODevice::WriteOnly);
            picture.save(&encoded, "PNG");
        }
        control.poll();
        writeFileAtomically(filePath(file), std::string_view(bytes->constData(), std::size_t(bytes->size())));
    };
    task.done = [this, file](const JobResult& result) { tellExport(result, file); };
    jobs_.submit(runners_.files, std::move(task));
}

void WatchPage::writeTable(const QString& file) {
    JobBridge::Task task;
    task.title = tr("Exporting");
    task.run = [file, run = watch_.run()](JobControl& control) {
        const std::string table = metricsTable(readMetrics(RunPaths(run).metrics()));
        control.poll();
        writeFileAtomically(filePath(file), table);
    };
    task.done = [this, file](const JobResult& result) { tellExport(result, file); };
    jobs_.submit(runners_.files, std::move(task));
}

}  // namespace dinoscope
