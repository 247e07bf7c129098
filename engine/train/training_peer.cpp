#include "engine/train/training_peer.h"

#include "engine/train/joint_training.h"

namespace dinoscope {

TrainingPeer::TrainingPeer(const OptionValues& options, const ImageDataset& dataset,
                           const StepperPlace& place)
    : options_(options), stepper_(options, dataset, place) {}

std::int64_t TrainingPeer::run(JobControl& control) {
    ProcessGroup& processes = *stepper_.processes();
    shareState(processes, stepper_.learner(), state_);
    const std::int64_t epochs = options_.integer("epochs");
    std::int64_t steps = 0;
    if (state_.position.epochs >= epochs) return steps;
    stepper_.start(state_);
    while (true) {
        const bool finished = state_.position.epochs >= epochs;
        try {
            agreeToGoOn(processes, !finished && control.isCancelled());
        } catch (const Cancelled&) {
            // The cards of the others may still add up with this one's.
            stepper_.learner().fetch();
            throw;
        }
        if (finished) return steps;
        if (state_.position.steps < stepper_.schedules().stepsPerEpoch()) {
            takeStep(control);
            ++steps;
        }
        if (state_.position.steps == stepper_.schedules().stepsPerEpoch()) endEpoch();
    }
}

void TrainingPeer::takeStep(JobControl& control) {
    const StepImages made = stepper_.compute(state_.position, control, {});
    bad_.insert(bad_.end(), made.bad.begin(), made.bad.end());
    stepper_.finish();
    ++state_.position.steps;
    if (++waiting_ >= options_.integer("metrics-every")) letGoOfNumbers();
}

void TrainingPeer::endEpoch() {
    letGoOfNumbers();
    stepper_.learner().endEpoch();
    gatherBadImages(*stepper_.processes(), bad_);
    bad_.clear();
    ++state_.position.epochs;
    state_.position.steps = 0;
}

/// They are process 0's to read, which ends the run where a step is not finite. Nothing changes after such a
/// one.
void TrainingPeer::letGoOfNumbers() {
    waiting_ = 0;
    stepper_.learner().fetch();
}

}  // namespace dinoscope
