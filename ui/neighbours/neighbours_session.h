#pragma once

#include <QImage>
#include <QObject>
#include <QString>
#include <functional>
#include <memory>
#include <optional>

#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"
#include "ui/neighbours/neighbours_state.h"
#include "ui/neighbours/query.h"
#include "ui/neighbours/trail.h"

namespace dinoscope {

/// A place of the trail.
struct BrowsePlace {
    NeighbourQuery query;
    std::optional<api::QueryFeature> feature;  ///< kept: going back costs no forward pass
    QImage preview;                            ///< of the query; null until it is there
    int currentRow = -1;                       ///< of the grid, when it was left
};

/// What can be done about a failure, as a button.
enum class Remedy { None, ChooseWeights, UseGalleryModel, Relocate, Repair };

/// A gallery being built or brought up to date; then, while it is used already, its approximate index.
struct BuildState {
    enum class Step {
        Teacher,  ///< that is in training and that it is built with is kept first: a moment
        Features,
        ApproximateIndex
    };
    Step step = Step::Features;
    QString source;
    QString gallery;
    std::shared_ptr<JobControl> control;  ///< null while the teacher is kept
};

/// Has the query model ready. For a job on the engine's thread.
using ReadyModel = std::function<const api::Model&(ReadiedModel& readied, JobControl& control)>;

/// What the Neighbours workspace shows, without a widget: a gallery, the model it was made with, what is
/// asked for, and what is similar to it. Everything long runs elsewhere.
class NeighboursSession : public QObject {
    Q_OBJECT

public:
    /// `common` holds --device, --precision, --threads and --seed.
    NeighboursSession(const Runners& runners, OptionValues common, QObject* parent = nullptr);

    /// In the background; on failure the former gallery stays.
    void openGallery(const QString& folder);
    /// Queries use this model from now on, if the gallery is of the same; nullopt: the gallery's own.
    void setModel(const std::optional<api::ModelSource>& source);
    void relocate(const QString& source);
    /// Of the gallery's pictures those whose files are gone: missingCounted() tells.
    void countMissing();

    /// Pushes a place onto the trail and looks for what is similar.
    void askItem(std::int64_t item);
    void askPicture(const PictureQuery& picture);
    void askNothing();
    void back();
    void forward();
    void rememberRow(int row);

    void setSettings(const NeighboursSettings& settings);
    const NeighboursSettings& settings() const { return settings_; }

    /// One at a time. `options` are api::indexOptions() with --gallery set.
    void build(const QString& source, const OptionValues& options);
    void pauseBuild(bool pause);
    void stopBuild();
    const std::optional<BuildState>& building() const { return build_; }
    /// It has not begun: something else is computed on its thread.
    bool buildWaits() const { return build_ && jobs_.isWaiting("index"); }
    /// Told by the window: the run whose teacher can be had while it is trained; empty for none.
    void setLiveRun(const QString& run);
    const QString& liveRun() const { return liveRun_; }
    /// Before something long is computed with --weights of `options`: where they are the run in training, its
    /// teacher is kept as it is now, and `then` gets the options with that file instead, so that the same
    /// weights can be loaded ever after. All else is passed on at once. A result that is not Done has none.
    using Settled = std::function<void(const JobResult& result, const OptionValues& options)>;
    void settleModel(const OptionValues& options, const QString& title, const std::string& slot,
                     const Settled& then);

    std::shared_ptr<const api::Gallery> gallery() const { return gallery_; }
    /// The one that could not be opened last, for its damage: indexing makes it anew.
    const std::optional<api::GalleryInfo>& damaged() const { return damaged_; }
    const std::optional<QueryModel>& queryModel() const { return queryModel_; }
    /// Only while there is a gallery.
    ReadyModel readyModel() const;
    /// Tells what a job failed with that had it ready; with `unknown`, asks.
    void refuseModel(const std::optional<UnknownHeads>& unknown, const Error& error);
    /// What only a person can tell is a failure.
    void setNeverAsk(bool never) { neverAsk_ = never; }
    const BrowsePlace& place() const { return trail_.current(); }
    /// All that were found, best first; shown() of them are within k and threshold.
    const std::vector<Neighbour>& results() const { return results_; }
    int shown() const { return shown_; }
    std::vector<Neighbour> shownResults() const;
    const std::vector<LabelVote>& votes() const { return votes_; }
    double searchSeconds() const { return searchSeconds_; }
    bool isComputing() const { return computing_; }
    /// All but page, selection, duplicates, evaluation and exports.
    NeighboursState state() const;

    JobBridge& jobs() { return jobs_; }
    const Runners& runners() const { return runners_; }
    const OptionValues& common() const { return common_; }

Q_SIGNALS:
    void galleryChanged();
    void placeChanged();  ///< another query, or none
    void previewChanged();
    void resultsChanged();  ///< or how many are shown
    void votesChanged();
    void settingsChanged();
    void stateChanged();
    void buildEnded(const dinoscope::api::IndexReport& report);
    void queryModelChanged();
    void missingCounted(std::int64_t missing);
    void liveRunChanged(const QString& run);
    /// `goOn` does again what could not be done without the number of heads.
    void headsUnknown(const dinoscope::UnknownHeads& unknown, const std::function<void(int heads)>& goOn);
    void failed(const QString& sentence, dinoscope::Remedy remedy);

private:
    void useGallery(std::shared_ptr<const api::Gallery> gallery, bool sameItems);
    void keepTrail(bool sameTerms);
    void tellDamage();
    void go(BrowsePlace place);
    void arrive();
    void computeFeature();
    void search();
    void showWithin();
    void requestVotes();
    void requestPreview();
    void prepareModel();
    void useQueryModel(std::optional<QueryModel> model);
    void computeFeatures(const QString& source, const OptionValues& options);
    void buildApproximateIndex(const QString& gallery);
    void startBuild(BuildState state, JobBridge::Task task);
    void fail(const Error& error, Remedy remedy = Remedy::None);
    OptionValues commonFor(const GalleryTerms& terms) const;
    api::ModelSource wantedModel() const;

    Runners runners_;
    OptionValues common_;
    NeighboursSettings settings_;
    std::shared_ptr<const api::Gallery> gallery_;
    std::optional<api::GalleryInfo> damaged_;
    std::shared_ptr<QueryModelSlot> model_;  ///< the engine thread's
    std::optional<api::ModelSource> chosenModel_;
    Trail<BrowsePlace> trail_;
    std::optional<QueryModel> queryModel_;
    bool neverAsk_ = false;
    std::uint64_t serial_ = 0;  ///< of the place that is shown
    std::vector<Neighbour> results_;
    int shown_ = 0;
    std::vector<LabelVote> votes_;
    double searchSeconds_ = 0;
    int opening_ = 0;        ///< jobs that open or move a gallery
    QString openingFolder_;  ///< of the last of them
    bool computing_ = false;
    bool searched_ = false;           ///< for the place on show
    std::uint64_t searchSerial_ = 0;  ///< a search that is begun anew cancels the one before
    std::optional<BuildState> build_;
    QString liveRun_;
    JobBridge jobs_;
};

}  // namespace dinoscope
