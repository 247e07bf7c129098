#include "ui/train/doctor_cards.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <chrono>
#include <set>

#include "engine/api/train.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runners.h"
#include "ui/theme.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 3s;

struct Look {
    const char* card;
    const char* icon;
};

Look lookOf(Severity severity) {
    switch (severity) {
        case Severity::Critical:
            return {"error", "error"};
        case Severity::Warning:
            return {"warning", "warning"};
        case Severity::Note:
            return {"info", "info"};
    }
    return {"info", "info"};
}

QString capitalised(QString text) {
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

bool same(const std::vector<Diagnosis>& a, const std::vector<Diagnosis>& b) {
    return std::ranges::equal(a, b, [](const Diagnosis& x, const Diagnosis& y) {
        return x.id == y.id && x.sentence == y.sentence && x.value == y.value;
    });
}

}  // namespace

DoctorCards::DoctorCards(const Runners& runners, QWidget* parent) : QWidget(parent), runner_(runners.files) {
    setObjectName(QStringLiteral("doctorCards"));
    column_ = new QVBoxLayout(this);
    column_->setContentsMargins(0, 0, 0, 0);
    column_->setSpacing(0);
    timer_.setInterval(kInterval);
    connect(&timer_, &QTimer::timeout, this, &DoctorCards::look);
    connect(&jobs_, &JobBridge::pendingChanged, this, &DoctorCards::activityChanged);
    hide();
}

void DoctorCards::setRun(const std::filesystem::path& run) {
    if (run != run_) {
        run_ = run;
        all_ = false;
        doctor_ = run.empty() ? nullptr : std::make_shared<api::RunDoctor>(run);
        show({});
    }
    if (run_.empty()) {
        timer_.stop();
    } else {
        timer_.start();
        look();
    }
}

/// A run that cannot be read is told by those that show it.
void DoctorCards::look() {
    if (!doctor_ || jobs_.pending() > 0) return;
    auto found = std::make_shared<std::vector<Diagnosis>>();
    JobBridge::Task task;
    task.slot = "doctor";
    task.run = [found, doctor = doctor_](JobControl&) { *found = doctor->look(); };
    task.done = [this, found, doctor = doctor_](const JobResult& result) {
        if (doctor == doctor_ && result.outcome == JobOutcome::Done) show(std::move(*found));
    };
    jobs_.submit(runner_, std::move(task));
}

void DoctorCards::show(std::vector<Diagnosis> found) {
    if (same(found, diagnoses_)) return;
    diagnoses_ = std::move(found);
    while (QLayoutItem* item = column_->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
    more_ = nullptr;
    // The worst first; of those that ask for the same change it tells enough.
    std::set<std::pair<std::string, std::string>> changes;
    for (const Diagnosis& diagnosis : diagnoses_) {
        if (changes.insert({diagnosis.option, diagnosis.value}).second)
            column_->addWidget(makeCard(diagnosis));
    }
    if (column_->count() > 1) column_->itemAt(0)->widget()->layout()->addWidget(makeMore());
    unfold(all_);
    setVisible(!diagnoses_.empty());
    Q_EMIT diagnosesChanged();
}

QToolButton* DoctorCards::makeMore() {
    more_ = new QToolButton;
    more_->setObjectName(QStringLiteral("doctorMore"));
    more_->setProperty("look", "button");
    more_->setFocusPolicy(Qt::StrongFocus);
    connect(more_, &QToolButton::clicked, this, [this] { unfold(!all_); });
    return more_;
}

void DoctorCards::unfold(bool all) {
    all_ = all;
    for (int i = 1; i < column_->count(); ++i)
        column_->itemAt(i)->widget()->setVisible(all);
    if (more_) more_->setText(all ? tr("Fewer") : tr("%1 more").arg(column_->count() - 1));
}

QWidget* DoctorCards::makeCard(const Diagnosis& diagnosis) {
    const Look look = lookOf(diagnosis.severity);
    auto* card = new QFrame;
    card->setObjectName(QStringLiteral("doctor-") + QString::fromStdString(diagnosis.id));
    card->setProperty("look", look.card);
    auto* text = new QLabel(capitalised(pathText(diagnosis.sentence)) + QLatin1Char('.'));
    text->setWordWrap(true);
    const QString option = QString::fromStdString(diagnosis.option);
    const QString value = QString::fromStdString(diagnosis.value);
    const OptionSpec* spec = trainOptions().find(diagnosis.option);
    const QString label =
        spec && !spec->label.empty() ? QString::fromStdString(spec->label).toLower() : option;
    auto* change = new QPushButton(tr("Try %1 %2…").arg(label, value));
    change->setObjectName(QStringLiteral("doctorChange-") + QString::fromStdString(diagnosis.id));
    change->setToolTip(tr("Sets up a new run like this one with that change"));
    connect(change, &QPushButton::clicked, this,
            [this, option, value] { Q_EMIT changeRequested(option, value); });
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kStep);
    row->addWidget(new IconLabel(themeIcon(QLatin1String(look.icon)), 18));
    row->addWidget(text, 1);
    row->addWidget(change);
    return card;
}

}  // namespace dinoscope
