#include "ui/train/schedule_section.h"

#include <QGridLayout>

#include "ui/train/run_setup.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/mini_curve.h"

namespace dinoscope {

namespace {

constexpr int kPoints = 400;
constexpr std::int64_t kUsualImages = 9469;  // while there are none: only the width of a step depends on it

}  // namespace

ScheduleSection::ScheduleSection(RunSetup& setup, QWidget* parent) : QWidget(parent), setup_(setup) {
    const QString unit = tr("epoch");
    learningRate_ = new MiniCurve(tr("Learning rate"), unit);
    learningRate_->setObjectName(QStringLiteral("scheduleLearningRate"));
    weightDecay_ = new MiniCurve(tr("Weight decay"), unit);
    momentum_ = new MiniCurve(tr("Teacher momentum"), unit);
    temperature_ = new MiniCurve(tr("Teacher temperature"), unit);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(kHalfStep);
    grid->addWidget(learningRate_, 0, 0);
    grid->addWidget(weightDecay_, 0, 1);
    grid->addWidget(momentum_, 1, 0);
    grid->addWidget(temperature_, 1, 1);
    connect(&setup_, &RunSetup::planChanged, this, &ScheduleSection::refresh);
    refresh();
}

void ScheduleSection::refresh() {
    api::ScheduleCurves curves;
    if (!setup_.problem()) {
        try {
            curves = api::scheduleCurves(setup_.options(),
                                         setup_.data() ? setup_.data()->images : kUsualImages, kPoints);
        } catch (const Error&) {
            // The form tells what is wrong.
        }
    }
    learningRate_->setValues(curves.epochs, curves.learningRate);
    weightDecay_->setValues(curves.epochs, curves.weightDecay);
    momentum_->setValues(curves.epochs, curves.momentum);
    temperature_->setValues(curves.epochs, curves.temperature);
}

}  // namespace dinoscope
