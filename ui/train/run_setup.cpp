#include "ui/train/run_setup.h"

#include <QDate>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

#include "engine/api/run.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/texts.h"
#include "ui/data_folders.h"
#include "ui/train/train_text.h"

namespace dinoscope {

namespace {

constexpr const char* kFirstPreset = "five-minutes";
/// Images that times are told for while there are none: Imagenette's.
constexpr std::int64_t kUsualImages = 9469;
constexpr std::size_t kSuggestedPins = 4;
/// What is tried, a small and a usual network, with as many images at once as keep a core busy for a second.
struct Trial {
    const char* preset;
    std::int64_t images;
};
constexpr Trial kTrials[] = {{"five-minutes", 16}, {"continue-on-my-images", 1}};

const auto kPresetKey = QStringLiteral("train/preset");
const auto kBaseNameKey = QStringLiteral("train/baseName");
const auto kBaseKey = QStringLiteral("train/base");
const auto kChangesKey = QStringLiteral("train/changes");
const auto kOutputKey = QStringLiteral("train/output");

/// "key=value" of each option that is set.
QStringList textsOf(const OptionValues& options) {
    QStringList texts;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (options.isSet(spec.key))
            texts << pathText(spec.key + '=' + formatOptionValue(options.value(spec.key)));
    }
    return texts;
}

/// Those that another version of the program wrote and this one does not know are left out.
OptionValues optionsOf(const QStringList& texts) {
    OptionValues options(trainOptions());
    for (const QString& text : texts) {
        const OptionSpec* spec = trainOptions().find(text.section(QLatin1Char('='), 0, 0).toStdString());
        if (!spec || !isFormOption(spec->key)) continue;
        try {
            const std::string value = filePath(text.section(QLatin1Char('='), 1)).string();
            options.set(spec->key, parseOptionValue(*spec, value));
        } catch (const Error&) {
            continue;
        }
    }
    return options;
}

}  // namespace

bool isFormOption(const std::string& key) {
    // The threads are those of the window; images and folder stand beside the form.
    return key != "threads" && trainOptionRole(key) != TrainOptionRole::Action && key != "data";
}

RunSetup::RunSetup(const Runners& runners, OptionValues common, QObject* parent)
    : QObject(parent),
      runners_(runners),
      common_(std::move(common)),
      base_(trainOptions()),
      edits_(trainOptions()) {
    loadPresets();
}

void RunSetup::loadPresets() {
    try {
        presets_ = listPresets(filePath(presetsFolder()));
    } catch (const Error& error) {
        dataProblem_ = sentenceOf(error);
    }
    // The cheapest first: who begins, begins with it.
    std::ranges::stable_partition(presets_, [](const Preset& each) { return each.name == kFirstPreset; });
    choosePreset(kFirstPreset);
}

void RunSetup::setSource(const QString& source) {
    source_ = source.isEmpty() ? QString() : QDir::cleanPath(source);
    ++scan_;
    if (source_.isEmpty()) {
        jobs_.cancelSlot("scan");
        takeData({}, {});
        return;
    }
    scanning_ = true;
    dataProblem_.clear();
    auto found = std::make_shared<std::optional<api::DataSummary>>();
    JobBridge::Task task;
    task.title = tr("Looking at the images");
    task.slot = "scan";
    task.run = [found, source = source_](JobControl& control) {
        *found = api::summariseData(filePath(source).string(), control);
    };
    task.done = [this, found, scan = scan_](const JobResult& result) {
        if (scan != scan_) return;
        const bool failed = result.outcome == JobOutcome::Failed;
        takeData(std::move(*found), failed ? sentenceOf(*result.error) : QString());
    };
    jobs_.submit(runners_.files, std::move(task));
    Q_EMIT dataChanged();
}

void RunSetup::takeData(std::optional<api::DataSummary> data, const QString& problem) {
    scanning_ = false;
    data_ = std::move(data);
    dataProblem_ = problem;
    suggestPins();
    Q_EMIT dataChanged();
    Q_EMIT baseChanged();
    check();
    requestPresetPlans();
}

/// Of a folder the whole name, with its dots; of a list that without its ending.
QString RunSetup::sourceName() const {
    if (source_.isEmpty()) return tr("run");
    const QString name = isFolder(source_) ? QDir(source_).dirName() : QFileInfo(source_).completeBaseName();
    return name.isEmpty() ? tr("run") : name;
}

void RunSetup::choosePreset(const std::string& name) {
    const auto found = std::ranges::find(presets_, name, &Preset::name);
    if (found == presets_.end()) return;
    presetName_ = name;
    useBase(found->options, QString::fromStdString(found->title));
}

void RunSetup::adopt(const OptionValues& options, const QString& name) {
    OptionValues kept(trainOptions());
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (isFormOption(spec.key) && options.isSet(spec.key)) kept.set(spec.key, options.value(spec.key));
    }
    presetName_.clear();
    useBase(kept, name);
}

void RunSetup::useBase(const OptionValues& options, const QString& name) {
    base_ = options;
    suggestsPins_ = base_.paths("probe").empty();
    suggestPins();
    baseName_ = name;
    edits_ = OptionValues(trainOptions());
    refused_.clear();
    Q_EMIT baseChanged();
    check();
}

/// Without pinned images a run has nothing to show of what its network looks at.
void RunSetup::suggestPins() {
    if (!suggestsPins_) return;
    std::vector<std::string> pins;
    const std::size_t samples = data_ ? data_->samples.size() : 0;
    const std::size_t count = std::min(samples, kSuggestedPins);
    for (std::size_t i = 0; i < count; ++i)
        pins.push_back(data_->samples[i * samples / count].string());
    base_.set("probe", OptionValue(std::move(pins)));
}

void RunSetup::save(QSettings& settings) const {
    OptionValues base = base_;
    if (suggestsPins_) base.reset("probe");
    settings.setValue(kPresetKey, QString::fromStdString(presetName_));
    settings.setValue(kBaseNameKey, baseName_);
    settings.setValue(kBaseKey, presetName_.empty() ? textsOf(base) : QStringList());
    settings.setValue(kChangesKey, textsOf(edits_));
    settings.setValue(kOutputKey, output_);
}

void RunSetup::restore(const QSettings& settings) {
    if (!settings.contains(kPresetKey)) return;
    const std::string preset = settings.value(kPresetKey).toString().toStdString();
    if (preset.empty()) {
        adopt(optionsOf(settings.value(kBaseKey).toStringList()), settings.value(kBaseNameKey).toString());
    } else {
        choosePreset(preset);
        if (presetName_ != preset) return;  // what was changed, was changed of another
    }
    edits_ = optionsOf(settings.value(kChangesKey).toStringList());
    setOutput(settings.value(kOutputKey).toString());
    Q_EMIT baseChanged();
    check();
}

void RunSetup::edit(const std::string& key, const OptionValue& value) {
    refused_.erase(key);
    if (value == base_.value(key)) {
        edits_.reset(key);
    } else {
        edits_.set(key, value);
    }
    Q_EMIT optionsChanged();
    check();
}

void RunSetup::reset(const std::string& key) {
    refused_.erase(key);
    edits_.reset(key);
    Q_EMIT optionsChanged();
    check();
}

void RunSetup::resetAll() {
    refused_.clear();
    edits_ = OptionValues(trainOptions());
    Q_EMIT baseChanged();
    check();
}

void RunSetup::refuse(const std::string& key, const QString& sentence) {
    refused_[key] = sentence;
    Q_EMIT optionsChanged();
    check();
}

OptionValues RunSetup::options() const {
    OptionValues options = base_;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (edits_.isSet(spec.key)) options.set(spec.key, edits_.value(spec.key));
    }
    if (pinsAreSuggested() && !isVit(options)) options.reset("probe");
    options.set("data", OptionValue(filePath(source_).string()));
    options.set("output", OptionValue(filePath(output()).string()));
    if (force_) options.set("force", OptionValue(true));
    return withCommon(std::move(options));
}

/// What the program was started with holds where the form says nothing else.
OptionValues RunSetup::withCommon(OptionValues options) const {
    for (const OptionSpec& spec : common_.schema().specs()) {
        const bool known = trainOptions().find(spec.key) != nullptr;
        if (known && common_.isSet(spec.key) && !options.isSet(spec.key))
            options.set(spec.key, common_.value(spec.key));
    }
    return options;
}

bool RunSetup::differs(const std::string& key) const {
    return edits_.isSet(key);
}

int RunSetup::differences() const {
    return int(std::ranges::count_if(trainOptions().specs(),
                                     [this](const OptionSpec& spec) { return edits_.isSet(spec.key); }));
}

void RunSetup::setOutput(const QString& folder) {
    output_ = folder;
    Q_EMIT optionsChanged();
    Q_EMIT planChanged();
}

QString RunSetup::outputProblem() const {
    if (output_.isEmpty() || !api::isRun(filePath(output_))) return {};
    return tr("This folder holds a run already: give another, or leave the field empty.");
}

void RunSetup::leaveOutput(const std::filesystem::path& run) {
    if (!output_.isEmpty() && filePath(output_) == run) setOutput({});
}

/// A folder that is not there yet.
QString RunSetup::output() const {
    if (!output_.isEmpty()) return output_;
    const QString wanted = QStringLiteral("%1/%2 %3")
                               .arg(runsFolder(), sourceName(), QDate::currentDate().toString(Qt::ISODate));
    QString free = wanted;
    for (int i = 2; pathExists(free); ++i)
        free = QStringLiteral("%1 %2").arg(wanted).arg(i);
    return free;
}

void RunSetup::setForce(bool force) {
    force_ = force;
    Q_EMIT planChanged();
}

namespace {

std::int64_t stepsOf(const OptionValues& options, std::int64_t images) {
    return images / stepImages(options) * options.integer("epochs");
}

}  // namespace

QString RunSetup::fewImages(const Preset& preset) const {
    if (!data_ || scanning_) return {};
    return fewImagesText(data_->images, stepsOf(preset.options, data_->images), preset.leastImages);
}

QString RunSetup::fewImages() const {
    if (!data_ || scanning_ || problem_) return {};
    return fewImagesText(data_->images, stepsOf(options(), data_->images), leastImages());
}

std::int64_t RunSetup::leastImages() const {
    const auto found = std::ranges::find(presets_, presetName_, &Preset::name);
    return found == presets_.end() ? 0 : found->leastImages;
}

bool RunSetup::fits() const {
    return plan_ && (force_ || plan_->total <= plan_->available);
}

std::optional<SetupProblem> RunSetup::findProblem() const {
    if (!refused_.empty()) {
        const auto& [key, sentence] = *refused_.begin();
        return SetupProblem{QString::fromStdString(key), sentence};
    }
    try {
        OptionValues options = this->options();
        settleTrainOptions(options);
        checkTrainOptions(options);
        const std::int64_t step = stepImages(options);
        if (data_ && data_->images < step) {
            const QString found = data_->images == 1 ? tr("there is only 1 image")
                                                     : tr("there are only %1").arg(countText(data_->images));
            const QString problem = tr("a step takes %1 images, and %2").arg(countText(step), found);
            throw UsageError(problem.toStdString(), "--batch-size-per-gpu", "make it smaller");
        }
    } catch (const Error& error) {
        QString where = pathText(error.where());
        if (where.startsWith(QLatin1String("--"))) where.remove(0, 2);
        const bool known = trainOptions().find(where.toStdString()) != nullptr;
        return SetupProblem{known ? where : QString(), inWords(sentenceOf(error))};
    }
    return std::nullopt;
}

void RunSetup::check() {
    problem_ = findProblem();
    if (problem_) {
        jobs_.cancelSlot("plan");
        plan_.reset();
        Q_EMIT planChanged();
    } else {
        requestPlan();
    }
}

/// On the engine's thread: it alone knows how many threads and which devices there are.
void RunSetup::requestPlan() {
    auto found = std::make_shared<std::optional<api::TrainPlan>>();
    JobBridge::Task task;
    task.slot = "plan";
    task.run = [found, options = options(), classes = data_ ? std::int64_t(data_->classes.size()) : 2,
                images = data_ ? data_->images : 0, pixels = data_ ? data_->pixelBytes : 0,
                common = common_](JobControl&) {
        startRuntimeOnce(common);
        *found = api::planTraining(options, classes, images, pixels);
    };
    task.done = [this, found](const JobResult& result) {
        if (result.outcome == JobOutcome::Cancelled) return;
        plan_ = std::move(*found);
        if (result.outcome == JobOutcome::Failed)
            problem_ = SetupProblem{{}, inWords(sentenceOf(*result.error))};
        Q_EMIT planChanged();
    };
    jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT planChanged();
}

void RunSetup::requestPresetPlans() {
    auto found = std::make_shared<std::map<std::string, std::int64_t>>();
    JobBridge::Task task;
    task.slot = "presetPlans";
    task.run = [found, presets = presets_, classes = data_ ? std::int64_t(data_->classes.size()) : 2,
                images = data_ ? data_->images : 0, pixels = data_ ? data_->pixelBytes : 0,
                common = common_](JobControl& control) {
        startRuntimeOnce(common);
        for (const Preset& preset : presets) {
            control.poll();
            (*found)[preset.name] = api::planTraining(preset.options, classes, images, pixels).total;
        }
    };
    task.done = [this, found](const JobResult& result) {
        if (result.outcome != JobOutcome::Done) return;
        presetMemory_ = std::move(*found);
        Q_EMIT planChanged();
    };
    jobs_.submit(runners_.engine, std::move(task));
}

void RunSetup::measureSpeed() {
    if (speed_ || measuring_ || neverMeasure_ || presets_.empty()) return;
    measuring_ = true;
    auto found = std::make_shared<std::optional<api::TrainSpeed>>();
    std::vector<OptionValues> trials;
    for (const Preset& preset : presets_) {
        const auto trial = std::ranges::find(kTrials, preset.name, &Trial::preset);
        if (trial == std::end(kTrials)) continue;
        trials.push_back(withCommon(preset.options));
        trials.back().set("micro-batch", OptionValue(trial->images));
    }
    JobBridge::Task task;
    task.title = tr("Trying how fast this machine is");
    task.slot = "speed";
    task.priority = JobPriority::Long;
    task.run = [found, trials, common = common_](JobControl& control) {
        startRuntimeOnce(common);
        *found = api::measureTrainSpeed(trials, control);
    };
    task.done = [this, found](const JobResult& result) {
        measuring_ = false;
        if (result.outcome == JobOutcome::Done) speed_ = std::move(*found);  // else times are left out
        Q_EMIT speedChanged();
    };
    jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT speedChanged();
    requestPresetPlans();
}

void RunSetup::stopMeasuring() {
    jobs_.cancelSlot("speed");
}

std::optional<double> RunSetup::secondsFor(const OptionValues& options) const {
    if (!speed_) return std::nullopt;
    return api::secondsOfRun(options, data_ ? data_->images : kUsualImages, *speed_);
}

std::optional<std::int64_t> RunSetup::memoryFor(const std::string& preset) const {
    const auto found = presetMemory_.find(preset);
    if (found == presetMemory_.end()) return std::nullopt;
    return found->second;
}

}  // namespace dinoscope
