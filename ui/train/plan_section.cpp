#include "ui/train/plan_section.h"

#include <QCheckBox>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/data_folders.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/train/run_setup.h"
#include "ui/train/train_text.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/stack_bar.h"

namespace dinoscope {

PlanSection::PlanSection(RunSetup& setup, Dialogs& dialogs, QWidget* parent) : QFrame(parent), setup_(setup) {
    setObjectName(QStringLiteral("footer"));
    memory_ = new QLabel;
    memory_->setObjectName(QStringLiteral("planMemory"));
    parts_ = new QToolButton;
    parts_->setObjectName(QStringLiteral("planParts"));
    parts_->setText(tr("By part"));
    parts_->setCheckable(true);
    parts_->setProperty("look", "link");
    parts_->setFocusPolicy(Qt::StrongFocus);
    bar_ = new StackBar;
    bar_->setObjectName(QStringLiteral("planBar"));
    bar_->setNamed(false);
    connect(parts_, &QToolButton::toggled, bar_, &StackBar::setNamed);
    advice_ = new QLabel;
    advice_->setObjectName(QStringLiteral("planAdvice"));
    advice_->setProperty("look", "problem");
    advice_->setWordWrap(true);
    force_ = new QCheckBox(tr("Start although memory will not suffice"));
    force_->setObjectName(QStringLiteral("planForce"));
    connect(force_, &QCheckBox::toggled, &setup_, &RunSetup::setForce);
    time_ = new QLabel;
    time_->setObjectName(QStringLiteral("planTime"));
    few_ = new QLabel;
    few_->setObjectName(QStringLiteral("planFewImages"));
    few_->setProperty("look", "caution");
    few_->setWordWrap(true);
    start_ = new QPushButton(tr("Start training"));
    start_->setObjectName(QStringLiteral("trainStart"));
    start_->setIcon(tintedIcon(QStringLiteral("play"), Qt::white));
    start_->setProperty("look", "primary");
    connect(start_, &QPushButton::clicked, this, &PlanSection::startRequested);
    why_ = new QLabel;
    why_->setObjectName(QStringLiteral("trainWhyNot"));
    why_->setProperty("look", "muted");
    why_->setWordWrap(true);
    makeFolder(dialogs);
    auto* memory = new QHBoxLayout;
    memory->addWidget(memory_, 1);
    memory->addWidget(parts_);
    auto* start = new QHBoxLayout;
    start->setSpacing(kStep);
    start->addWidget(why_, 1);
    start->addWidget(start_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, kStep, 2 * kStep, kStep);
    column->setSpacing(kHalfStep);
    column->addLayout(memory);
    column->addWidget(bar_);
    column->addWidget(advice_);
    column->addWidget(force_);
    column->addWidget(time_);
    column->addWidget(few_);
    column->addWidget(folderRow_);
    column->addWidget(folderProblem_);
    column->addLayout(start);
    connect(&setup_, &RunSetup::planChanged, this, &PlanSection::refresh);
    connect(&setup_, &RunSetup::optionsChanged, this, &PlanSection::refresh);
    connect(&setup_, &RunSetup::dataChanged, this, &PlanSection::refresh);
    connect(&setup_, &RunSetup::speedChanged, this, &PlanSection::refresh);
    refresh();
}

void PlanSection::makeFolder(Dialogs& dialogs) {
    folder_ = new QLineEdit;
    folder_->setObjectName(QStringLiteral("trainOutput"));
    folder_->setAccessibleName(tr("Kept in"));
    connect(folder_, &QLineEdit::editingFinished, this, [this] {
        const bool typed = folder_->isModified();
        folder_->setModified(false);  // what it means is shown instead
        if (typed) setup_.setOutput(typedPath(folder_->text(), runsFolder()));
    });
    auto* choose = new QPushButton(tr("Browse…"));
    connect(choose, &QPushButton::clicked, this, [this, &dialogs] {
        dialogs.chooseFolder(this, tr("Keep the run in"), {}, [this](const QString& folder) {
            if (!folder.isEmpty()) setup_.setOutput(folder);
        });
    });
    auto* label = new QLabel(tr("Kept in"));
    label->setProperty("look", "muted");
    folderRow_ = new QWidget;
    auto* row = new QHBoxLayout(folderRow_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    row->addWidget(label);
    row->addWidget(folder_, 1);
    row->addWidget(choose);
    folderProblem_ = new QLabel;
    folderProblem_->setObjectName(QStringLiteral("trainOutputProblem"));
    folderProblem_->setProperty("look", "problem");
    folderProblem_->setWordWrap(true);
}

void PlanSection::refresh() {
    refreshMemory();
    const auto seconds = setup_.problem() ? std::nullopt : setup_.secondsFor(setup_.options());
    if (!seconds && setup_.speed()) {
        time_->setText({});
    } else if (!seconds) {
        time_->setText(setup_.isMeasuring() ? tr("Time: being found out") : tr("Time: not measured"));
    } else if (setup_.data()) {
        time_->setText(tr("Time: %1 on this machine").arg(aboutText(*seconds)));
    } else {
        time_->setText(tr("Time: %1 for 9,469 images").arg(aboutText(*seconds)));
    }
    const QString few = setup_.fewImages();
    few_->setText(few);
    few_->setVisible(!few.isEmpty());
    showFolder();
}

/// A run that began has taken the name that was proposed.
void PlanSection::showFolder() {
    const QString problem = setup_.outputProblem();
    folderProblem_->setText(problem);
    folderProblem_->setVisible(!problem.isEmpty());
    if (folder_->isModified()) return;
    const QString shown = QDir::toNativeSeparators(setup_.output());
    if (folder_->text() != shown) folder_->setText(shown);
    folder_->setToolTip(shown);
}

/// A plan that is being made anew leaves the one before on show: the bar does not flicker.
void PlanSection::refreshMemory() {
    const auto& plan = setup_.plan();
    if (!plan) {
        memory_->setText(setup_.problem() ? tr("Memory: not known while an option is wrong")
                                          : tr("Memory: being found out"));
        bar_->setParts({}, 0, {});
        advice_->hide();
        force_->setVisible(force_->isChecked());
        return;
    }
    std::vector<StackBar::Part> parts;
    for (const api::TrainPlan::Part& part : plan->parts) {
        if (part.bytes > 0)
            parts.push_back({QString::fromStdString(part.name), bytesText(part.bytes), double(part.bytes)});
    }
    std::ranges::stable_sort(parts, std::greater{}, &StackBar::Part::size);
    bar_->setParts(std::move(parts), double(plan->available), tr("%1 free").arg(bytesText(plan->available)));
    const bool fits = plan->total <= plan->available;
    memory_->setText(
        fits
            ? tr("Memory: %1 of %2 free").arg(bytesText(plan->total), bytesText(plan->available))
            : tr("Memory: %1, and only %2 are free").arg(bytesText(plan->total), bytesText(plan->available)));
    memory_->setToolTip(tr("%1 images go through the network at once; the largest batch that fits has %2.")
                            .arg(plan->microBatch)
                            .arg(plan->largestBatch));
    advice_->setVisible(!fits);
    force_->setVisible(!fits || force_->isChecked());
    if (fits) return;
    QStringList sentences;
    for (const std::string& sentence : plan->advice)
        sentences << inWords(QString::fromStdString(sentence));
    advice_->setText(sentences.mid(0, 2).join(QStringLiteral(". ")) + QLatin1Char('.'));
}

void PlanSection::setStartEnabled(bool enabled, const QString& why) {
    start_->setEnabled(enabled);
    why_->setText(why);
    showFolder();
}

}  // namespace dinoscope
