#include "engine/train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "engine/nn/vision_transformer.h"
#include "engine/train/device_memory.h"
#include "engine/train/initial_weights.h"
#include "engine/train/joint_training.h"
#include "engine/train/live_teacher.h"
#include "engine/train/run/step_status.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

EvaluationOptions evaluationView(const OptionValues& options) {
    EvaluationOptions view;
    view.crop = static_cast<int>(options.integer("global-crop-size"));
    view.resize = view.crop * 256 / 224;
    return view;
}

double mean(const std::vector<StepMetrics>& steps, double StepMetrics::*member) {
    double sum = 0;
    for (const StepMetrics& step : steps)
        sum += step.*member;
    return steps.empty() ? 0 : sum / static_cast<double>(steps.size());
}

/// On the CPU: training goes on while it is looked at.
StateDict copyOf(const BackboneNet& backbone) {
    StateDict weights;
    for (const auto& [name, tensor] : stateDict(backbone))
        weights[name] = tensor.detach().to(at::kCPU, tensor.scalar_type(), false, /*copy=*/true);
    return weights;
}

/// "a.jpg, b.jpg"
std::string namesOf(const ImageDataset& dataset, std::span<const std::int64_t> images) {
    std::string names;
    for (const std::int64_t image : images)
        names += (names.empty() ? "" : ", ") + std::string(dataset.name(image));
    return names;
}

}  // namespace

Trainer::Trainer(const OptionValues& options, const ImageDataset& dataset, RunDirectory& run,
                 const StepperPlace& place, TrainEvents events)
    : options_(options),
      dataset_(dataset),
      run_(run),
      device_(place.device),
      events_(std::move(events)),
      stepper_(options, dataset, place),
      uniformLoss_(uniformLoss(options, static_cast<std::int64_t>(dataset.classes().size()))),
      evaluation_(dataset, evaluationView(options), static_cast<std::uint64_t>(options.integer("seed"))) {
    pin(options.paths("probe"));
}

void Trainer::pin(const std::vector<std::string>& files) {
    if (files.empty()) {
        probes_.reset();
        return;
    }
    if (!isVit(options_)) {
        throw UsageError("a convolutional network has no attention to keep", "--probe",
                         "leave it out, or choose a --arch that begins with vit_");
    }
    const ProbeOptions kept{static_cast<int>(options_.integer("img-size")),
                            options_.text("probe-layers") == "all"};
    // Those before stay where one of these cannot be read.
    Probes pinned(files, kept, run_.paths().probes());
    probes_ = std::move(pinned);
}

void Trainer::initialise(const std::filesystem::path& file, const std::string& checkpointKey,
                         JobControl& control) {
    for (const std::string& text : loadInitialWeights(file, checkpointKey, learner().objective(), control))
        note(control, text);
}

TrainOutcome Trainer::run(JobControl& control) {
    if (stepper_.processes()) shareState(*stepper_.processes(), learner(), state_);
    outcome_ = {};
    outcome_.position = state_.position;
    if (state_.position.epochs >= options_.integer("epochs")) {
        outcome_.alreadyFinished = true;
        return outcome_;
    }
    metrics_ = std::make_unique<MetricsWriter>(run_.paths().metrics());
    stepper_.start(state_);
    control.setTotal(stepper_.schedules().steps(), "steps");
    control.advance(stepper_.numberOf(state_.position));
    clock_.start(clock_.total());
    paused_ = control.pausedSeconds();
    savedAt_ = std::chrono::steady_clock::now();
    const LiveTeacher live(
        run_.paths().folder(), isVit(options_) ? vitConfig(options_) : VitConfig{}, !isVit(options_),
        [this] { return teacherWeights(); }, [this] { return state_.position; });
    try {
        trainAll(control);
    } catch (const Cancelled&) {
        learner().abandon();
        fetchNumbers();
        if (unsaved_) save();
        throw;
    } catch (...) {
        rescue();
        throw;
    }
    outcome_.position = state_.position;
    return outcome_;
}

void Trainer::trainAll(JobControl& control) {
    if (state_.position == RunPosition{}) {
        alone([&] {
            for (const ProbeMetrics& look : recordProbes(0, 0, {}, control))
                metrics_->add(look);
        });
    }
    while (true) {
        const bool finished = state_.position.epochs >= options_.integer("epochs");
        if (stepper_.processes()) agreeToGoOn(*stepper_.processes(), !finished && control.isCancelled());
        if (finished) return;
        if (state_.position.steps < stepper_.schedules().stepsPerEpoch()) takeStep(control);
        if (state_.position.steps == stepper_.schedules().stepsPerEpoch()) endEpoch(control);
    }
}

/// What is no part of a step. Other processes wait meanwhile, and hear of it when it is cancelled.
void Trainer::alone(const std::function<void()>& part) {
    try {
        part();
    } catch (const Cancelled&) {
        if (stepper_.processes()) stepper_.processes()->any(true);
        throw;
    }
}

/// After a failure: keeps the steps since the last checkpoint, if they are whole and the disk allows it. What
/// is told is the failure.
void Trainer::rescue() noexcept {
    // Where cards add up, a sum that waits for a process that is gone never comes to its end.
    const bool hangs = stepper_.processes() && !device_.is_cpu() && !waiting_.empty();
    if (!unsaved_ || !whole_ || hangs) return;
    try {
        learner().abandon();
        fetchNumbers();
        save();
    } catch (...) {
        // The checkpoint before this one is whole, and the reason is known.
    }
}

void Trainer::takeStep(JobControl& control) {
    trainStep(control);
    control.advance();
    if (static_cast<std::int64_t>(waiting_.size()) >= options_.integer("metrics-every")) {
        fetchNumbers();
        control.setStatus(stepStatus(ofEpoch_.back(), outcome_.lastKnn));
    }
    hearRequests(control);
    const double minutes = options_.real("save-every");
    const std::chrono::duration<double, std::ratio<60>> age = std::chrono::steady_clock::now() - savedAt_;
    if (minutes > 0 && age.count() >= minutes) save();
}

void Trainer::trainStep(JobControl& control) {
    StepImages made = stepper_.compute(state_.position, control, [this] { run_.keepLockFresh(); });
    clock_.addWait(made.waitSeconds);
    noteSkipped(made.bad, control);
    whole_ = false;
    stepper_.finish();
    leaveOutPauses(control);
    const StepClock::Lap lap = clock_.lap();
    const StepSettings& settings = made.settings;
    StepMetrics metrics;
    metrics.step = settings.step;
    metrics.epoch = state_.position.epochs;
    metrics.teacherTemp = settings.teacherTemperature;
    metrics.learningRate = settings.learningRate;
    metrics.weightDecay = settings.weightDecay;
    metrics.momentum = settings.momentum;
    metrics.imagesPerSecond = static_cast<double>(settings.images) / lap.seconds;
    metrics.dataWait = lap.waitShare;
    metrics.memoryBytes = static_cast<double>(peakMemory(device_));
    metrics.seconds = clock_.total();
    waiting_.push_back(metrics);
    imagesOfWaiting_.push_back(std::move(made.images));
    state_.badImages = knownToBeBad();
    ++state_.position.steps;
    ++outcome_.steps;
    unsaved_ = true;
    whole_ = true;
}

void Trainer::endEpoch(JobControl& control) {
    fetchNumbers();
    if (!ofEpoch_.empty()) control.setStatus(stepStatus(ofEpoch_.back(), outcome_.lastKnn));
    learner().endEpoch();
    if (stepper_.processes()) hearOfBadImages(control);
    alone([&] { finishEpoch(control); });
}

/// Here, and by the other processes in the epochs before.
std::vector<std::int64_t> Trainer::knownToBeBad() const {
    const std::vector<std::int64_t> here = stepper_.badImages();
    std::vector<std::int64_t> all;
    std::ranges::set_union(here, badElsewhere_, std::back_inserter(all));
    return all;
}

void Trainer::hearOfBadImages(JobControl& control) {
    std::vector<BadImage> news;
    for (BadImage& bad : gatherBadImages(*stepper_.processes(), {})) {
        const bool isNews = bad.isMissing || !std::ranges::binary_search(state_.badImages, bad.image);
        if (!bad.isMissing) badElsewhere_.insert(bad.image);
        state_.badImages = knownToBeBad();
        if (isNews) news.push_back(std::move(bad));
    }
    noteSkipped(news, control);
}

/// What is missing is met again and again, and told once an epoch.
void Trainer::noteSkipped(const std::vector<BadImage>& images, JobControl& control) {
    for (const BadImage& bad : images) {
        if (bad.isMissing && !missing_.insert(bad.image).second) continue;
        note(control, (bad.isMissing ? "skipped until it is back: " : "skipped: ") + bad.reason);
    }
}

void Trainer::fetchNumbers() {
    const std::vector<StepNumbers> numbers = learner().fetch();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!numbers[i].taken) refuseStep(numbers[i]);
        StepMetrics& metrics = waiting_[i];
        metrics.loss = numbers[i].loss;
        metrics.teacherEntropy = numbers[i].entropy;
        metrics.kl = numbers[i].kl;
        if (uniformLoss_) metrics.lossBelowLnK = *uniformLoss_ - numbers[i].loss;
        metrics.gradientNorm = numbers[i].gradientNorm;
        metrics.centreNorm = numbers[i].centreNorm;
        metrics_->add(metrics);
        ofEpoch_.push_back(metrics);
        outcome_.lastLoss = metrics.loss;
        if (events_.step) events_.step(metrics);
    }
    waiting_.clear();
    imagesOfWaiting_.clear();
    metrics_->flush();
}

void Trainer::refuseStep(const StepNumbers& numbers) {
    std::size_t index = 0;
    while (index + 1 < waiting_.size() && waiting_[index].step != numbers.step)
        ++index;
    constexpr std::size_t kNamed = 8;
    const std::vector<std::int64_t>& images = imagesOfWaiting_[index];
    std::string names = namesOf(dataset_, std::span(images).first(std::min(kNamed, images.size())));
    if (images.size() > kNamed) {
        names += " and " + std::to_string(images.size() - kNamed) + " more";
        if (events_.note)
            events_.note("the images of step " + std::to_string(numbers.step) + ": " +
                         namesOf(dataset_, images));
    }
    whole_ = false;
    metrics_->flush();
    const auto latest = run_.paths().latestCheckpoint();
    const std::string calmer =
        learner().options().bf16 ? "lower --lr, or give --precision fp32, in " : "lower --lr in ";
    throw Error("step " + std::to_string(numbers.step) +
                    " gave a loss or gradient that is not a number; its images" +
                    (stepper_.processes() ? " of this process: " : ": ") + names,
                run_.paths().folder().string(),
                latest ? "nothing of it was kept, " + latest->path.filename().string() +
                             " is whole: " + calmer + "a new run with --init"
                       : calmer + "another folder (-o): this one holds no checkpoint");
}

EpochMetrics Trainer::meansOfEpoch() const {
    EpochMetrics metrics;
    metrics.epoch = state_.position.epochs;
    metrics.step = (state_.position.epochs + 1) * stepper_.schedules().stepsPerEpoch() - 1;
    metrics.loss = mean(ofEpoch_, &StepMetrics::loss);
    metrics.teacherEntropy = mean(ofEpoch_, &StepMetrics::teacherEntropy);
    metrics.kl = mean(ofEpoch_, &StepMetrics::kl);
    metrics.replacedImages =
        dataset_.goneCount() + std::ssize(missing_) +
        std::ranges::count_if(state_.badImages, [this](auto image) { return !dataset_.isGone(image); });
    metrics.imagesPerSecond = mean(ofEpoch_, &StepMetrics::imagesPerSecond);
    metrics.dataWait = mean(ofEpoch_, &StepMetrics::dataWait);
    for (const StepMetrics& step : ofEpoch_)
        metrics.seconds += static_cast<double>(stepImages(options_)) / step.imagesPerSecond;
    return metrics;
}

/// An epoch is over with its evaluation: interrupted before, it is evaluated by the next session.
void Trainer::finishEpoch(JobControl& whole) {
    // An evaluation can take minutes, in which other machines must see that this one lives.
    JobControl control(whole);
    control.setYield([this] { run_.keepLockFresh(); });
    EpochMetrics metrics = meansOfEpoch();
    const std::int64_t every = options_.integer("knn-every");
    const bool last = metrics.epoch + 1 == options_.integer("epochs");
    SampleFeatures sample;
    if (every > 0 && ((metrics.epoch + 1) % every == 0 || last)) {
        sample = evaluation_.look(learner().objective().teacherBackbone(), device_, learner().options().bf16,
                                  control);
        noteLeftOut(evaluation_.size() - std::ssize(sample.images), metrics.epoch + 1, control);
        const FeatureScores scores = evaluation_.score(sample);
        metrics.knnTop1 = scores.knnTop1;
        metrics.effectiveRank = scores.effectiveRank;
        outcome_.lastKnn = scores.knnTop1;
    }
    const std::int64_t probesEvery = options_.integer("probes-every");
    std::vector<ProbeMetrics> looks;
    if (probesEvery > 0 && ((metrics.epoch + 1) % probesEvery == 0 || last))
        looks = recordProbes(metrics.epoch + 1, metrics.step, sample, control);
    metrics_->add(metrics);
    for (const ProbeMetrics& look : looks)
        metrics_->add(look);
    ++state_.position.epochs;
    state_.position.steps = 0;
    ofEpoch_.clear();
    missing_.clear();
    if (events_.epoch) events_.epoch(metrics);
    save();
    leaveOutPauses(control);
    clock_.lap();
}

void Trainer::leaveOutPauses(const JobControl& control) {
    const double paused = control.pausedSeconds();
    clock_.addPause(paused - std::exchange(paused_, paused));
}

/// Once, until their number changes.
void Trainer::noteLeftOut(std::int64_t images, std::int64_t epochs, JobControl& control) {
    if (std::exchange(leftOut_, images) == images || images == 0) return;
    note(control, "the evaluation after epoch " + std::to_string(epochs) + " leaves out " +
                      std::to_string(images) + " of its " + std::to_string(evaluation_.size()) +
                      " images, which are gone or cannot be read");
}

/// Of the weights that have `epochs` behind them.
std::vector<ProbeMetrics> Trainer::recordProbes(std::int64_t epochs, std::int64_t step,
                                                const SampleFeatures& sample, JobControl& control) {
    if (!probes_) return {};
    Probes::Networks networks{vitConfig(options_), teacherWeights(), {}};
    if (options_.flag("probe-student")) networks.student = copyOf(learner().objective().studentBackbone());
    return probes_->record(networks, probeNeighbours(sample), epochs, step, control);
}

/// A probe that is an image of the sample is no neighbour of itself.
std::vector<ProbeNeighbours> Trainer::probeNeighbours(const SampleFeatures& sample) {
    constexpr std::int64_t kKept = 12;
    std::vector<ProbeNeighbours> found;
    if (sample.images.empty() || !sample.features.isfinite().all().item<bool>()) return found;
    const std::vector<const Image*> images = probes_->images();
    const auto [similarities, rows] = sample.nearest(
        evaluation_.look(images, learner().objective().teacherBackbone(), device_, learner().options().bf16),
        kKept + 1);
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
        ProbeNeighbours& ofProbe = found.emplace_back();
        for (std::int64_t k = 0; k < rows.size(1) && std::ssize(ofProbe.images) < kKept; ++k) {
            const std::int64_t image = sample.images[std::size_t(rows[i][k].item<std::int64_t>())];
            std::error_code failed;
            if (std::filesystem::equivalent(dataset_.path(image), probes_->name(std::size_t(i)), failed))
                continue;
            ofProbe.images.push_back(image);
            ofProbe.names.emplace_back(dataset_.name(image));
            ofProbe.similarities.push_back(similarities[i][k].item<float>());
            probes_->keepNeighbour(image, dataset_.path(image));
        }
    }
    return found;
}

StateDict Trainer::teacherWeights() {
    return copyOf(learner().objective().teacherBackbone());
}

/// A probe that cannot be read is no reason to end a run. Others are looked at from the next time on: their
/// records belong to the ends of epochs.
void Trainer::hearRequests(JobControl& control) {
    if (!events_.requests) return;
    if (const auto files = events_.requests->takePins()) {
        try {
            pin(*files);
            options_.set("probe", OptionValue(*files));
            if (events_.pinned) events_.pinned(*files);
        } catch (const Error& error) {
            note(control, "the images that are pinned stay as they are: " + std::string(error.what()));
        }
    }
    if (events_.requests->takeSave()) save();
}

void Trainer::note(JobControl& control, const std::string& text) const {
    control.note(text);
    if (events_.note) events_.note(text);
}

void Trainer::save() {
    if (events_.saving) events_.saving();
    fetchNumbers();
    metrics_->sync();
    const std::int64_t step = stepper_.numberOf(state_.position);
    const std::filesystem::path file = run_.paths().checkpoint(state_.position);
    saveTraining(file, learner(), stepper_.schedules().at(std::max<std::int64_t>(step - 1, 0)), state_,
                 options_);
    run_.refreshLock();
    run_.prune(options_.integer("keep-last"), options_.integer("saveckp-freq"));
    savedAt_ = std::chrono::steady_clock::now();
    unsaved_ = false;
    if (events_.saved) events_.saved({state_.position, file});
}

}  // namespace dinoscope
