#include "ui/train/setup_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include "engine/api/train.h"
#include "ui/bridge/option_form.h"
#include "ui/train/crop_section.h"
#include "ui/train/data_section.h"
#include "ui/train/plan_section.h"
#include "ui/train/preset_section.h"
#include "ui/train/run_setup.h"
#include "ui/train/schedule_section.h"
#include "ui/train/train_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/section.h"

namespace dinoscope {

namespace {

const auto kSplitterKey = QStringLiteral("train/setupWidths");
const auto kExpertKey = QStringLiteral("train/expert");
constexpr int kFormWidth = 400;

/// In the order in which a person thinks of them.
std::vector<OptionForm::Group> formGroups() {
    const auto keysOf = [](const OptionSchema& schema) {
        std::vector<std::string> keys;
        for (const OptionSpec& spec : schema.specs()) {
            if (isFormOption(spec.key)) keys.push_back(spec.key);
        }
        return keys;
    };
    return {{SetupPage::tr("Length, batch and optimizer"), keysOf(optimizerTrainOptions())},
            {SetupPage::tr("Network"), keysOf(modelTrainOptions())},
            {SetupPage::tr("Crops"), keysOf(cropTrainOptions())},
            {SetupPage::tr("Teacher and loss"), keysOf(lossTrainOptions())},
            {SetupPage::tr("Start, probes and saving"), keysOf(runTrainOptions())},
            {SetupPage::tr("Machine"), keysOf(commonOptions())}};
}

Section* sectionWith(const QString& title, QWidget* content) {
    auto* section = new Section(title);
    section->body()->addWidget(content);
    return section;
}

}  // namespace

SetupPage::SetupPage(RunSetup& setup, const Runners& runners, Dialogs& dialogs, QWidget* parent)
    : QWidget(parent), setup_(setup) {
    setObjectName(QStringLiteral("setupPage"));
    splitter_ = new QSplitter(Qt::Horizontal);
    splitter_->setObjectName(QStringLiteral("setupSplit"));
    splitter_->setHandleWidth(1);
    splitter_->addWidget(makeLeft(runners, dialogs));
    splitter_->addWidget(makeRight(dialogs));
    splitter_->setStretchFactor(0, 1);
    splitter_->setChildrenCollapsible(false);
    splitter_->setSizes({2 * kFormWidth, kFormWidth});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(splitter_);
    connect(&setup_, &RunSetup::baseChanged, this, &SetupPage::refreshForm);
    connect(&setup_, &RunSetup::optionsChanged, this, &SetupPage::refreshForm);
    connect(&setup_, &RunSetup::planChanged, this, &SetupPage::showProblems);
    refreshForm();
}

QWidget* SetupPage::makeLeft(const Runners& runners, Dialogs& dialogs) {
    data_ = new DataSection(setup_, dialogs);
    crops_ = new CropSection(setup_, runners);
    connect(data_, &DataSection::chosen, crops_, &CropSection::setPicture);
    connect(data_, &DataSection::activityChanged, this, &SetupPage::activityChanged);
    connect(crops_, &CropSection::activityChanged, this, &SetupPage::activityChanged);
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("setupContent"));
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(kStep, kStep, kStep, kStep);
    column->setSpacing(kStep);
    column->addWidget(sectionWith(tr("1  Images to learn from"), data_));
    column->addWidget(sectionWith(tr("2  What to begin with"), new PresetSection(setup_)));
    column->addWidget(sectionWith(tr("What the network will see"), crops_));
    column->addWidget(sectionWith(tr("What will change over the run"), new ScheduleSection(setup_)));
    column->addStretch(1);
    auto* area = new QScrollArea;
    area->setObjectName(QStringLiteral("setupArea"));
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setMinimumWidth(kFormWidth * 2 / 3);
    area->setWidget(content);
    return area;
}

QWidget* SetupPage::makeRight(Dialogs& dialogs) {
    form_ = new OptionForm(trainOptions(), formGroups(), dialogs);
    form_->setObjectName(QStringLiteral("trainForm"));
    plan_ = new PlanSection(setup_, dialogs);
    connect(form_, &OptionForm::edited, this,
            [this](const QString& key, const OptionValue& value) { setup_.edit(key.toStdString(), value); });
    connect(form_, &OptionForm::refused, this, [this](const QString& key, const QString& sentence) {
        setup_.refuse(key.toStdString(), inWords(sentence));
    });
    connect(form_, &OptionForm::resetRequested, this,
            [this](const QString& key) { setup_.reset(key.toStdString()); });
    connect(plan_, &PlanSection::startRequested, this, &SetupPage::startRequested);
    auto* right = new QWidget;
    right->setMinimumWidth(kFormWidth * 3 / 4);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeBaseLine());
    column->addWidget(form_, 1);
    column->addWidget(plan_);
    return right;
}

QWidget* SetupPage::makeBaseLine() {
    base_ = new QLabel;
    base_->setObjectName(QStringLiteral("formBase"));
    base_->setWordWrap(true);
    resetAll_ = new QToolButton;
    resetAll_->setObjectName(QStringLiteral("resetAll"));
    resetAll_->setText(tr("Reset all"));
    resetAll_->setProperty("look", "link");
    resetAll_->setFocusPolicy(Qt::StrongFocus);
    connect(resetAll_, &QToolButton::clicked, &setup_, &RunSetup::resetAll);
    auto* line = new QWidget;
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(2 * kStep, kStep, kStep, 0);
    row->addWidget(base_, 1);
    row->addWidget(resetAll_);
    return line;
}

void SetupPage::refreshForm() {
    form_->setValues(
        setup_.options(), setup_.base(), [this](const std::string& key) { return setup_.differs(key); },
        [this](const std::string& key) { return setup_.refused().contains(key); });
    refreshBase();
}

void SetupPage::showProblems() {
    QHash<QString, QString> problems;
    for (const auto& [key, sentence] : setup_.refused())
        problems.insert(QString::fromStdString(key), sentence);
    if (const auto& problem = setup_.problem()) problems.insert(problem->option, problem->sentence);
    form_->setProblems(problems);
}

void SetupPage::refreshBase() {
    const int count = setup_.differences();
    const QString name = QStringLiteral("<b>%1</b>").arg(setup_.baseName().toHtmlEscaped());
    base_->setText(count == 0   ? tr("3  Options: %1").arg(name)
                   : count == 1 ? tr("3  Options: %1, one changed").arg(name)
                                : tr("3  Options: %1, %2 changed").arg(name).arg(count));
    resetAll_->setVisible(count > 0);
}

bool SetupPage::isSettled() const {
    return data_->isSettled() && crops_->isSettled();
}

void SetupPage::point(const QString& option) {
    form_->point(option);
}

void SetupPage::setStartEnabled(bool enabled, const QString& why) {
    plan_->setStartEnabled(enabled, why);
}

void SetupPage::restore(QSettings& settings) {
    const QByteArray widths = settings.value(kSplitterKey).toByteArray();
    if (!widths.isEmpty()) splitter_->restoreState(widths);
    form_->setExpert(settings.value(kExpertKey, false).toBool());
}

void SetupPage::save(QSettings& settings) const {
    settings.setValue(kSplitterKey, splitter_->saveState());
    settings.setValue(kExpertKey, form_->isExpert());
}

}  // namespace dinoscope
