#pragma once

#include <QObject>
#include <QString>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "engine/api/train.h"
#include "engine/api/train_preview.h"
#include "engine/api/train_speed.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"

class QSettings;

namespace dinoscope {

/// What is wrong with the options as a whole, and which one to change.
struct SetupProblem {
    QString option;  ///< a key of trainOptions(), or empty
    QString sentence;
};

/// A run being set up, without a widget: images, a preset, what differs from it, and what would follow:
/// memory, time, schedules. All but checks and schedules is found elsewhere and told later.
class RunSetup : public QObject {
    Q_OBJECT

public:
    RunSetup(const Runners& runners, OptionValues common, QObject* parent = nullptr);

    /// A folder or a list; looked at in the background. What is found replaces what was there; an empty path
    /// means no images.
    void setSource(const QString& source);
    const QString& source() const { return source_; }
    bool isScanning() const { return scanning_; }
    const std::optional<api::DataSummary>& data() const { return data_; }
    /// Why there are no images.
    const QString& dataProblem() const { return dataProblem_; }

    const std::vector<Preset>& presets() const { return presets_; }
    /// What was changed before is dropped. An unknown name changes nothing.
    void choosePreset(const std::string& name);
    /// Of a preset, or of a run: "as RUN"; empty for none.
    const QString& baseName() const { return baseName_; }
    const std::string& presetName() const { return presetName_; }
    /// Options of a run as the base, instead of a preset.
    void adopt(const OptionValues& options, const QString& name);

    void edit(const std::string& key, const OptionValue& value);
    void reset(const std::string& key);
    void resetAll();
    /// What was typed for an option is no value of it: nothing starts until it is edited or reset.
    void refuse(const std::string& key, const QString& sentence);
    /// By option, what is wrong with what was typed.
    const std::map<std::string, QString>& refused() const { return refused_; }
    /// What the preset says, or the default.
    const OptionValues& base() const { return base_; }
    /// Base and changes: what a start would take, with images and folder.
    OptionValues options() const;
    /// Nobody chose probe images: base() has some of the images to learn from.
    bool pinsAreSuggested() const { return suggestsPins_ && !differs("probe"); }
    bool differs(const std::string& key) const;
    int differences() const;

    void setOutput(const QString& folder);
    /// Chosen, or one of the images' name and the day among the user's runs.
    QString output() const;
    /// Why nothing can start in the folder that was chosen; empty where it can.
    QString outputProblem() const;
    /// A run began in this folder: the next one is kept in another.
    void leaveOutput(const std::filesystem::path& run);

    /// Nothing where the options belong together.
    const std::optional<SetupProblem>& problem() const { return problem_; }
    const std::optional<api::TrainPlan>& plan() const { return plan_; }
    /// A sentence where a run over these images would hardly learn; for `preset`, and as it is set up.
    QString fewImages(const Preset& preset) const;
    QString fewImages() const;
    /// Of the preset that is chosen, 0 without.
    std::int64_t leastImages() const;
    bool fits() const;
    /// Start although memory will not suffice.
    void setForce(bool force);

    /// Tries how fast this machine is, once, as soon as nothing else is computed.
    void measureSpeed();
    /// Leaves the engine to others; a later call tries again.
    void stopMeasuring();
    /// Times are then left out.
    void setNeverMeasure(bool never) { neverMeasure_ = never; }
    const std::optional<api::TrainSpeed>& speed() const { return speed_; }
    bool isMeasuring() const { return measuring_; }
    /// Of a run with these options over the images, or those of a usual small set where there are none yet.
    std::optional<double> secondsFor(const OptionValues& options) const;
    std::optional<std::int64_t> memoryFor(const std::string& preset) const;

    /// Preset or run, what differs from it, and the folder, for the next start of the program.
    void save(QSettings& settings) const;
    void restore(const QSettings& settings);

    bool isReady() const { return data_ && !scanning_ && !problem_; }
    JobBridge& jobs() { return jobs_; }
    const JobBridge& jobs() const { return jobs_; }

Q_SIGNALS:
    void dataChanged();
    void baseChanged();  ///< another preset: every field may be another
    void optionsChanged();
    void planChanged();   ///< or the problem, or what a preset needs
    void speedChanged();  ///< or whether it is being tried
    void failed(const QString& sentence);

private:
    void loadPresets();
    void useBase(const OptionValues& options, const QString& name);
    void suggestPins();
    void takeData(std::optional<api::DataSummary> data, const QString& problem);
    QString sourceName() const;
    void check();
    std::optional<SetupProblem> findProblem() const;
    void requestPlan();
    void requestPresetPlans();
    OptionValues withCommon(OptionValues options) const;

    Runners runners_;
    OptionValues common_;
    QString source_;
    std::uint64_t scan_ = 0;
    bool scanning_ = false;
    std::optional<api::DataSummary> data_;
    QString dataProblem_;
    std::vector<Preset> presets_;
    std::map<std::string, std::int64_t> presetMemory_;
    std::string presetName_;
    QString baseName_;
    OptionValues base_;
    bool suggestsPins_ = true;  ///< the preset or run has none of its own
    OptionValues edits_;
    std::map<std::string, QString> refused_;
    QString output_;
    bool force_ = false;
    std::optional<SetupProblem> problem_;
    std::optional<api::TrainPlan> plan_;
    std::optional<api::TrainSpeed> speed_;
    bool measuring_ = false;
    bool neverMeasure_ = false;
    JobBridge jobs_;
};

/// The options that a form shows: neither those of one call nor those that have a place of their own.
bool isFormOption(const std::string& key);

}  // namespace dinoscope
