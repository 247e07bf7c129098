#include "engine/train/training_peer.h"

#include "engine/base/error.h"
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
        try {
            agreeToGoOn(processes, control);
        } catch (const Cancelled&) {
            // The cards of the others may still add up with this one's.
            stepper_.learner().fetch();
            throw;
        }
        if (state_.position.epochs >= epochs) return steps;
        if (state_.position.steps < stepper_.schedules().stepsPerEpoch()) {
            takeStep(control);
            ++steps;
        }
        if (state_.position.steps == stepper_.schedules().stepsPerEpoch()) endEpoch();
    }
}

void TrainingPeer::takeStep(JobControl& control) {
    stepper_.compute(state_.position, control, {});
    stepper_.finish();
    ++state_.position.steps;
    if (++waiting_ >= options_.integer("metrics-every")) fetchNumbers();
}

void TrainingPeer::endEpoch() {
    fetchNumbers();
    stepper_.learner().endEpoch();
    shareBadImages(*stepper_.processes(), stepper_.badImages());
    ++state_.position.epochs;
    state_.position.steps = 0;
}

/// Which are equal in all processes: so is the refusal.
void TrainingPeer::fetchNumbers() {
    waiting_ = 0;
    for (const StepNumbers& numbers : stepper_.learner().fetch()) {
        if (numbers.taken) continue;
        throw Error("step " + std::to_string(numbers.step) + " gave a loss or gradient that is not a number");
    }
}

}  // namespace dinoscope
