#include "ui/neighbours/neighbours_session.h"

#include <QDir>
#include <algorithm>
#include <chrono>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

/// What an opening job hands over.
struct OpenedGallery {
    std::shared_ptr<const api::Gallery> gallery;
    bool sameItems = false;                   ///< as the one before: their numbers mean the same
    std::optional<api::GalleryInfo> damaged;  ///< what is known of one that cannot be opened
};

bool haveSameItems(const api::Gallery& a, const api::Gallery& b, JobControl& control) {
    constexpr std::int64_t kAtOnce = 4096;
    if (a.info().folder != b.info().folder || !(a.info().terms == b.info().terms) || a.size() != b.size()) {
        return false;
    }
    for (std::int64_t i = 0; i < a.size(); ++i) {
        if (i % kAtOnce == 0) control.poll();
        if (a.item(i).name != b.item(i).name) return false;
    }
    return true;
}

}  // namespace

NeighboursSession::NeighboursSession(const Runners& runners, OptionValues common, QObject* parent)
    : QObject(parent),
      runners_(runners),
      common_(std::move(common)),
      model_(std::make_shared<QueryModelSlot>()) {
    trail_.go({});
}

void NeighboursSession::fail(const Error& error, Remedy remedy) {
    Q_EMIT failed(sentenceOf(error), remedy);
}

void NeighboursSession::openGallery(const QString& folder) {
    auto opened = std::make_shared<OpenedGallery>();
    JobBridge::Task task;
    task.title = tr("Opening %1").arg(QDir(folder).dirName());
    task.slot = "gallery";
    task.run = [opened, folder, before = gallery_](JobControl& control) {
        try {
            opened->gallery = api::Gallery::open(filePath(folder), control);
        } catch (const api::DamagedGallery&) {
            opened->damaged = api::recordedInfo(filePath(folder));
            throw;
        }
        opened->sameItems = before && haveSameItems(*before, *opened->gallery, control);
    };
    task.done = [this, opened, before = gallery_](const JobResult& result) {
        --opening_;
        if (result.outcome == JobOutcome::Done) {
            useGallery(std::move(opened->gallery), opened->sameItems && before == gallery_);
        }
        if (result.outcome == JobOutcome::Failed) {
            damaged_ = std::move(opened->damaged);
            fail(*result.error, damaged_ ? Remedy::Repair : Remedy::None);
        }
        Q_EMIT stateChanged();
    };
    ++opening_;
    openingFolder_ = folder;
    damaged_.reset();
    jobs_.submit(runners_.files, std::move(task));
    Q_EMIT stateChanged();
}

/// The same gallery opened anew keeps the query: only what was found may change.
void NeighboursSession::useGallery(std::shared_ptr<const api::Gallery> gallery, bool sameItems) {
    const bool same = gallery_ && gallery_->info().folder == gallery->info().folder &&
                      gallery_->info().terms == gallery->info().terms;
    // A model chosen for one gallery says nothing about another.
    if (gallery_ && !same) chosenModel_.reset();
    gallery_ = std::move(gallery);
    if (!same) useQueryModel({});
    jobs_.cancelSlot("feature");
    if (!sameItems) keepTrail(same);
    settings_.k = std::clamp<std::int64_t>(settings_.k, 1, std::max<std::int64_t>(1, gallery_->size()));
    Q_EMIT galleryChanged();
    Q_EMIT settingsChanged();
    arrive();
    if (!place().query.picture) prepareModel();
    tellDamage();
}

/// Items may have other numbers now; pictures are what they were, and on the same terms their features.
void NeighboursSession::keepTrail(bool sameTerms) {
    BrowsePlace kept = place();
    trail_.clear();
    if (kept.query.item) kept = {};
    trail_.go(kept.query.picture && !sameTerms ? BrowsePlace{kept.query, {}, kept.preview, -1} : kept);
}

void NeighboursSession::tellDamage() {
    const api::GalleryInfo& info = gallery_->info();
    if (info.sourceMissing) {
        fail(Error("the pictures of this gallery are not where they were", info.source.string(),
                   "say where they are now; until then the thumbnails are shown"),
             Remedy::Relocate);
    } else if (info.damaged > 0) {
        fail(Error(std::to_string(info.damaged) + " features are damaged and were left out",
                   info.folder.string(), "bring the gallery up to date to compute them anew"),
             Remedy::Repair);
    }
}

OptionValues NeighboursSession::commonFor(const GalleryTerms& terms) const {
    OptionValues common = common_;
    common.set("precision", std::string_view(terms.bf16 ? "bf16" : "fp32"));
    return common;
}

api::ModelSource NeighboursSession::wantedModel() const {
    return chosenModel_ ? *chosenModel_ : gallery_->info().model;
}

void NeighboursSession::setModel(const std::optional<api::ModelSource>& source) {
    chosenModel_ = source;
    if (!gallery_) return;
    useQueryModel({});
    if (place().query.picture && !place().feature) {
        computeFeature();
    } else {
        prepareModel();
    }
    Q_EMIT stateChanged();
}

ReadyModel NeighboursSession::readyModel() const {
    return [slot = model_, gallery = gallery_, wanted = wantedModel(),
            common = commonFor(gallery_->info().terms)](ReadiedModel& readied,
                                                        JobControl& control) -> const api::Model& {
        return slot->ready(*gallery, wanted, common, readied, control);
    };
}

/// So that the first query need not wait for it; and what is wrong with it is told before one is tried.
void NeighboursSession::prepareModel() {
    auto readied = std::make_shared<ReadiedModel>();
    JobBridge::Task task;
    task.slot = "galleryModel";
    task.run = [readied, ready = readyModel()](JobControl& control) { ready(*readied, control); };
    task.done = [this, readied, gallery = gallery_](const JobResult& result) {
        if (gallery != gallery_) return;
        if (result.outcome == JobOutcome::Done) useQueryModel(std::move(readied->about));
        if (result.outcome == JobOutcome::Failed) refuseModel(readied->unknownHeads, *result.error);
    };
    jobs_.submit(runners_.engine, std::move(task));
}

void NeighboursSession::useQueryModel(std::optional<QueryModel> model) {
    queryModel_ = std::move(model);
    Q_EMIT queryModelChanged();
}

void NeighboursSession::refuseModel(const std::optional<UnknownHeads>& unknown, const Error& error) {
    if (!unknown || neverAsk_) {
        fail(error, chosenModel_ ? Remedy::UseGalleryModel : Remedy::ChooseWeights);
        return;
    }
    Q_EMIT headsUnknown(*unknown, [this, source = wantedModel()](int heads) {
        api::ModelSource told = source;
        told.headsPerLayer = heads;
        setModel(told);
    });
}

void NeighboursSession::relocate(const QString& source) {
    if (!gallery_) return;
    const QString folder = pathText(gallery_->info().folder);
    JobBridge::Task task;
    task.title = tr("Looking for the pictures in %1").arg(QDir(source).dirName());
    task.slot = "gallery";
    task.run = [folder, source](JobControl& control) {
        api::relocateGallery(filePath(folder), filePath(source), control);
    };
    task.done = [this, folder](const JobResult& result) {
        --opening_;
        if (result.outcome == JobOutcome::Failed) fail(*result.error, Remedy::Relocate);
        if (result.outcome == JobOutcome::Done) openGallery(folder);
        Q_EMIT stateChanged();
    };
    ++opening_;
    openingFolder_ = folder;
    jobs_.submit(runners_.files, std::move(task));
    Q_EMIT stateChanged();
}

void NeighboursSession::countMissing() {
    if (!gallery_) return;
    auto missing = std::make_shared<std::int64_t>(0);
    JobBridge::Task task;
    task.title = tr("Looking for missing pictures");
    task.slot = "missing";
    task.run = [missing, folder = gallery_->info().folder](JobControl& control) {
        *missing = api::countMissing(folder, control);
    };
    task.done = [this, missing, gallery = gallery_](const JobResult& result) {
        if (gallery != gallery_) return;
        if (result.outcome == JobOutcome::Failed) fail(*result.error, Remedy::Relocate);
        if (result.outcome == JobOutcome::Done) Q_EMIT missingCounted(*missing);
    };
    jobs_.submit(runners_.files, std::move(task));
}

void NeighboursSession::askItem(std::int64_t item) {
    if (!gallery_ || item < 0 || item >= gallery_->size()) return;
    BrowsePlace place;
    place.query.item = item;
    go(std::move(place));
}

void NeighboursSession::askPicture(const PictureQuery& picture) {
    BrowsePlace place;
    place.query.picture = picture;
    go(std::move(place));
}

void NeighboursSession::askNothing() {
    if (place().query.any()) go({});
}

void NeighboursSession::go(BrowsePlace place) {
    trail_.go(std::move(place));
    arrive();
}

void NeighboursSession::back() {
    if (!trail_.canGoBack()) return;
    trail_.back();
    arrive();
}

void NeighboursSession::forward() {
    if (!trail_.canGoForward()) return;
    trail_.forward();
    arrive();
}

void NeighboursSession::rememberRow(int row) {
    trail_.current().currentRow = row;
}

/// Shows the place that the trail stands at.
void NeighboursSession::arrive() {
    ++serial_;
    jobs_.cancelSlot("feature");
    jobs_.cancelSlot("search");
    jobs_.cancelSlot("vote");
    computing_ = false;
    searched_ = false;
    results_.clear();
    votes_.clear();
    shown_ = 0;
    // To look it up costs nothing, and the item may have been computed anew.
    if (place().query.item) trail_.current().feature.reset();
    Q_EMIT placeChanged();
    Q_EMIT resultsChanged();
    Q_EMIT votesChanged();
    if (place().query.any() && place().preview.isNull()) requestPreview();
    if (gallery_ && place().query.any()) {
        if (place().feature) {
            search();
        } else {
            computeFeature();
        }
    }
    Q_EMIT stateChanged();
}

void NeighboursSession::computeFeature() {
    struct Found {
        api::QueryFeature feature;
        ReadiedModel readied;
    };
    auto found = std::make_shared<Found>();
    const NeighbourQuery& query = place().query;
    JobBridge::Task task;
    task.slot = "feature";
    JobRunner* runner = &runners_.engine;
    if (query.item) {
        runner = &runners_.live;
        task.run = [found, gallery = gallery_, item = *query.item](JobControl&) {
            found->feature = api::queryItem(*gallery, item);
        };
    } else {
        task.title = tr("Looking at %1").arg(query.picture->name);
        task.run = [found, gallery = gallery_, picture = *query.picture,
                    ready = readyModel()](JobControl& control) {
            const api::Model& model = ready(found->readied, control);
            found->feature = featureOf(*gallery, model, picture, control);
        };
    }
    task.done = [this, found, serial = serial_](const JobResult& result) {
        if (serial != serial_) return;
        computing_ = false;
        if (result.outcome == JobOutcome::Failed) {
            const bool ofFile =
                !place().query.picture || result.error->where() == filePath(place().query.picture->file);
            if (ofFile) {
                fail(*result.error);
            } else {
                refuseModel(found->readied.unknownHeads, *result.error);
            }
        }
        if (found->readied.about) useQueryModel(found->readied.about);
        if (result.outcome == JobOutcome::Done) {
            trail_.current().feature = std::move(found->feature);
            search();
        }
        Q_EMIT stateChanged();
    };
    computing_ = true;
    jobs_.submit(*runner, std::move(task));
}

void NeighboursSession::search() {
    struct Found {
        std::vector<Neighbour> list;
        double seconds = 0;
    };
    auto found = std::make_shared<Found>();
    JobBridge::Task task;
    task.title = tr("Searching the gallery");
    task.slot = "search";
    api::SearchOptions options;
    options.k = fetchFor(settings_.k, gallery_->size());
    if (queryModel_) options.device = queryModel_->placement.device;
    task.run = [found, options, gallery = gallery_, feature = *place().feature](JobControl& control) {
        const auto start = std::chrono::steady_clock::now();
        found->list = api::search(*gallery, feature, options, control);
        found->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    task.done = [this, found, serial = serial_, asked = ++searchSerial_](const JobResult& result) {
        if (serial != serial_ || asked != searchSerial_) return;
        computing_ = false;
        if (result.outcome == JobOutcome::Failed) fail(*result.error);
        if (result.outcome == JobOutcome::Done) {
            searched_ = true;
            results_ = std::move(found->list);
            searchSeconds_ = found->seconds;
            showWithin();
        }
        Q_EMIT stateChanged();
    };
    computing_ = true;
    jobs_.submit(runners_.live, std::move(task));
}

void NeighboursSession::setSettings(const NeighboursSettings& settings) {
    if (settings == settings_) return;
    settings_ = settings;
    Q_EMIT settingsChanged();
    if (!gallery_ || !place().feature) return;
    const bool enough = std::int64_t(results_.size()) >= std::min(settings_.k, gallery_->size() - 1);
    if (enough) {
        showWithin();
    } else {
        search();
    }
    Q_EMIT stateChanged();
}

void NeighboursSession::showWithin() {
    shown_ = shownOf(results_, settings_);
    Q_EMIT resultsChanged();
    requestVotes();
}

std::vector<Neighbour> NeighboursSession::shownResults() const {
    return {results_.begin(), results_.begin() + shown_};
}

void NeighboursSession::requestVotes() {
    if (gallery_->info().labels.empty()) return;
    auto votes = std::make_shared<std::vector<LabelVote>>();
    JobBridge::Task task;
    task.slot = "vote";
    task.run = [votes, gallery = gallery_, list = shownResults()](JobControl&) {
        *votes = api::labelVote(*gallery, list);
    };
    task.done = [this, votes, serial = serial_](const JobResult& result) {
        if (serial != serial_ || result.outcome != JobOutcome::Done) return;
        votes_ = std::move(*votes);
        Q_EMIT votesChanged();
    };
    jobs_.submit(runners_.live, std::move(task));
}

/// A picture that cannot be read is told where it matters: the feature's job reads it too.
void NeighboursSession::requestPreview() {
    auto preview = std::make_shared<QImage>();
    const NeighbourQuery& query = place().query;
    JobBridge::Task task;
    task.slot = "preview";
    task.run = [preview, gallery = gallery_, query](JobControl&) {
        *preview = previewOf(gallery.get(), query);
    };
    task.done = [this, preview, serial = serial_](const JobResult& result) {
        if (serial != serial_ || result.outcome != JobOutcome::Done) return;
        trail_.current().preview = *preview;
        Q_EMIT previewChanged();
    };
    jobs_.submit(runners_.files, std::move(task));
}

NeighboursState NeighboursSession::state() const {
    NeighboursState state;
    state.gallery = gallery_ != nullptr;
    state.opening = opening_ > 0;
    state.sourceMissing = gallery_ && gallery_->info().sourceMissing;
    state.labels = gallery_ && !gallery_->info().labels.empty();
    state.query = place().query.any();
    state.computing = computing_;
    state.searched = searched_;
    state.results = shown_;
    state.canGoBack = trail_.canGoBack();
    state.canGoForward = trail_.canGoForward();
    state.building = build_.has_value();
    state.keepingTeacher = build_ && build_->step == BuildState::Step::Teacher;
    state.paused = build_ && build_->control && build_->control->isPaused();
    return state;
}

}  // namespace dinoscope
