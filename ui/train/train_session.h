#pragma once

#include <QObject>
#include <filesystem>
#include <optional>

#include "engine/api/train_run.h"
#include "ui/train/run_driver.h"
#include "ui/train/run_setup.h"
#include "ui/train/train_state.h"

namespace dinoscope {

/// What the Train workspace works on, without a widget: a run being set up, the run that this window trains,
/// and the run that is looked at, which may be another one.
class TrainSession : public QObject {
    Q_OBJECT

public:
    TrainSession(const Runners& runners, const OptionValues& common, QObject* parent = nullptr);

    RunSetup& setup() { return setup_; }
    RunDriver& driver() { return driver_; }
    const RunSetup& setup() const { return setup_; }
    const RunDriver& driver() const { return driver_; }
    const Runners& runners() const { return runners_; }

    /// Starts what is set up, and shows it.
    void start();
    /// Goes on with the run on show; with `epochs` it becomes that long in all.
    void goOn(std::optional<std::int64_t> epochs = {});

    /// The run on show; an empty path for none. The same again: it may have changed.
    void show(const std::filesystem::path& run);
    const std::filesystem::path& shown() const { return shown_; }
    /// Of the run on show, once they are read.
    const std::optional<api::RunFacts>& facts() const { return facts_; }
    /// How many images the preset is meant for that this window's run was started from; 0 where none is told.
    std::int64_t leastImages() const { return leastImages_; }
    /// Whether that run is the one that this window trains now.
    bool showsOwn() const;

    /// Sets up a run like the one on show; with `change` made, as the doctor would. With `weights` it starts
    /// from that run's.
    struct Change {
        std::string option;
        std::string value;
    };
    /// False where what is on show was not read yet.
    bool setUpLikeShown(const std::optional<Change>& change, bool weights);

    /// The probe images that the run of this window looks at, those that were just asked for included; of
    /// the one that is set up, while none is trained.
    std::vector<std::string> probes() const;
    /// Those that the run on show was given.
    std::vector<std::string> probesOfShown() const;
    /// The run of this window looks at these too. One that cannot be read is told and left out: the trainer
    /// takes all or none.
    void pin(const std::vector<std::string>& files);

    /// The folder on show holds something else than before.
    void refresh() { readFacts(); }
    /// Tries how fast this machine is, unless it trains: the trial would wait for the run's end.
    void measureSpeed();

    TrainState state() const;
    bool isSettled() const;
    int pending() const;

Q_SIGNALS:
    void shownChanged(const std::filesystem::path& run);
    void factsChanged();
    /// What pin() was given will be looked at.
    void pinned();
    void stateChanged();
    void activityChanged();
    void failed(const QString& sentence);

private:
    void followDriver();
    void leaveOutput();
    void readFacts();

    Runners runners_;
    RunSetup setup_;
    RunDriver driver_;
    RunPhase phase_ = RunPhase::Idle;  ///< the driver's, as of its last change
    std::int64_t leastImages_ = 0;
    std::filesystem::path shown_;
    std::optional<api::RunFacts> facts_;
    bool broken_ = false;  ///< the last loss of the run on show is not a number
    JobBridge jobs_;
};

}  // namespace dinoscope
