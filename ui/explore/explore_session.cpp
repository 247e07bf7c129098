#include "ui/explore/explore_session.h"

#include <QFileInfo>
#include <algorithm>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/unknown_heads.h"
#include "ui/explore/explore_text.h"

namespace dinoscope {

namespace {

/// What a loading job hands over.
struct LoadedModel {
    std::shared_ptr<const api::Model> model;
    api::DeviceInfo device;
    std::optional<UnknownHeads> unknownHeads;
};

}  // namespace

ExploreSession::ExploreSession(const Runners& runners, OptionValues common, std::int64_t cacheBytes,
                               QObject* parent)
    : QObject(parent), runners_(runners), common_(std::move(common)), cache_(cacheBytes) {}

void ExploreSession::fail(const Error& error) {
    Q_EMIT failed(sentenceOf(error));
}

/// The same as before for a file that did not change, so that its attention is found again.
std::uint64_t ExploreSession::idOf(const Picture& picture) {
    if (picture.file.isEmpty() || !picture.stamp) return nextId_++;
    auto& [stamp, id] = known_[picture.file];
    if (id == 0 || stamp != *picture.stamp) {
        stamp = *picture.stamp;
        id = nextId_++;
    }
    return id;
}

void ExploreSession::showPicture(Picture picture) {
    picture.id = idOf(picture);
    picture_ = std::move(picture);
    field_.reset();
    map_ = {};
    cost_.reset();
    query_ = {};
    Q_EMIT pictureChanged();
    Q_EMIT queryChanged();
    Q_EMIT fieldChanged();
    refresh();
}

void ExploreSession::openModel(const api::ModelSource& source) {
    auto loaded = std::make_shared<LoadedModel>();
    JobBridge::Task task;
    const bool untrained = source.weights == "untrained";
    task.title = untrained ? tr("Preparing the untrained network")
                           : tr("Loading %1").arg(QString::fromStdString(api::shownWeights(source.weights)));
    task.slot = "model";
    task.run = [loaded, source, common = common_](JobControl& control) {
        startRuntimeOnce(common);
        const api::Placement placement = api::choosePlacement(common, api::Purpose::LiveView);
        loaded->model = keepingUnknownHeads(loaded->unknownHeads,
                                            [&] { return api::Model::load(source, placement, control); });
        loaded->model->calibrate();
        loaded->device = api::describeDevice(placement.device);
        control.poll();
    };
    task.done = [this, loaded, source](const JobResult& result) {
        --loadingModels_;
        if (result.outcome != JobOutcome::Done) {
            if (result.outcome == JobOutcome::Failed)
                refuseModel(source, loaded->unknownHeads, *result.error);
            Q_EMIT stateChanged();
            return;
        }
        source_ = source;
        model_ = loaded->model;
        info_ = model_->info();
        device_ = loaded->device;
        modelId_ = nextId_++;
        cache_.clear();
        settings_.layer = std::clamp(settings_.layer, -model_->info().layers, -1);
        Q_EMIT modelChanged();
        refresh();
    };
    ++loadingModels_;
    modelAsked_ = true;
    jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT stateChanged();
}

/// One that gave way to another was not refused.
void ExploreSession::refuseModel(const api::ModelSource& source, const std::optional<UnknownHeads>& unknown,
                                 const Error& error) {
    if (unknown && !neverAsk_) {
        if (loadingModels_ == 0) Q_EMIT headsUnknown(source, *unknown);
        return;
    }
    fail(error);
    if (loadingModels_ == 0) Q_EMIT modelRefused();
}

void ExploreSession::hashModel() {
    if (!model_ || info_.untrained()) return;
    auto inspected = std::make_shared<api::ModelInfo>();
    JobBridge::Task task;
    task.title = tr("Hashing %1").arg(QFileInfo(pathText(info_.file)).fileName());
    task.slot = "hash";
    task.priority = JobPriority::Long;
    // The file that was loaded: of a run there may be a newer checkpoint meanwhile.
    api::ModelSource source = source_;
    source.weights = info_.file;
    task.run = [inspected, source](JobControl& control) {
        *inspected = api::inspectModel(source, true, control);
    };
    task.done = [this, inspected, id = modelId_](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) fail(*result.error);
        if (result.outcome != JobOutcome::Done || id != modelId_) return;
        info_.sha256 = inspected->sha256;
        // A file of the catalogue's name may turn out to be another.
        info_.catalogueName = inspected->catalogueName;
        info_.licence = inspected->licence;
        info_.source = inspected->source;
        Q_EMIT modelInfoChanged();
    };
    jobs_.submit(runners_.files, std::move(task));
}

int ExploreSession::layerIndex() const {
    return model_ ? model_->info().layers + settings_.layer : 0;
}

FieldKey ExploreSession::currentKey() const {
    return {picture_ ? picture_->id : 0, modelId_, settings_.size, layerIndex()};
}

bool ExploreSession::fieldIsCurrent() const {
    return field_ && fieldKey_ == currentKey();
}

void ExploreSession::setSettings(const ExploreSettings& settings) {
    if (settings == settings_) return;
    const bool forward = !(settings.size == settings_.size) || settings.layer != settings_.layer;
    settings_ = settings;
    Q_EMIT settingsChanged();
    if (forward) refresh();
    Q_EMIT stateChanged();
}

/// Brings what is on show in line with picture, model, size and layer.
void ExploreSession::refresh() {
    planned_.reset();
    cost_.reset();
    waiting_ = false;
    ++computation_;
    computing_ = false;
    jobs_.cancelSlot("field");
    if (!picture_ || !model_) {
        Q_EMIT costChanged();
        Q_EMIT stateChanged();
        return;
    }
    try {
        planned_ = planInput(picture_->image->width, picture_->image->height, settings_.size,
                             model_->info().patchSize);
    } catch (const Error& error) {
        useField(nullptr);
        tellPicture(error);
        Q_EMIT costChanged();
        return;
    }
    if (auto field = cache_.find(currentKey())) {
        useField(std::move(field));
    } else if (field_ &&
               !(fieldKey_.picture == currentKey().picture && fieldKey_.model == currentKey().model)) {
        useField(nullptr);
    }
    askCost();
}

/// What computes knows numbers only: the sentence must name the picture.
void ExploreSession::tellPicture(const Error& error) {
    const std::string where = error.where().empty() ? filePath(picture_->name).string() : error.where();
    Q_EMIT cannotCompute(sentenceOf(Error(error.problem(), where, error.remedy())));
}

/// The estimate is shown in any case; it also decides whether to ask before computing.
void ExploreSession::askCost() {
    struct Asked {
        api::Cost cost;
        std::int64_t freeMemory = 0;  // of this moment: other programs take and give
    };
    auto asked = std::make_shared<Asked>();
    const std::uint64_t serial = computation_;
    JobBridge::Task task;
    task.slot = "cost";
    task.run = [asked, model = model_, geometry = *planned_, layer = layerIndex()](JobControl&) {
        asked->cost = api::estimateCost(*model, geometry, layer);
        asked->freeMemory = api::describeDevice(model->placement().device).freeMemory;
    };
    task.done = [this, asked, serial](const JobResult& result) {
        if (serial != computation_) return;
        if (result.outcome == JobOutcome::Done) {
            cost_ = asked->cost;
            if (device_) device_->freeMemory = asked->freeMemory;
        }
        Q_EMIT costChanged();
        if (fieldIsCurrent()) return;
        waiting_ = !neverAsk_ && cost_ && needsConsent(*cost_, device_ ? device_->freeMemory : 0);
        if (waiting_) {
            computing_ = false;
            useField(nullptr);
        } else {
            compute();
        }
    };
    computing_ = !fieldIsCurrent();
    jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT stateChanged();
}

void ExploreSession::compute() {
    if (!picture_ || !model_ || !planned_) return;
    auto field = std::make_shared<std::shared_ptr<const api::AttentionField>>();
    const FieldKey key = currentKey();
    const std::uint64_t serial = ++computation_;
    JobBridge::Task task;
    task.title =
        model_->info().convolutional ? tr("Computing the last activation") : tr("Computing attention");
    task.slot = "field";
    task.run = [field, model = model_, image = picture_->image, key](JobControl& control) {
        *field = api::AttentionField::compute(*model, *image, key.size, key.layer, control);
    };
    task.done = [this, field, key, serial](const JobResult& result) {
        if (result.outcome == JobOutcome::Done && key.model == modelId_) cache_.insert(key, *field);
        if (serial != computation_) return;
        computing_ = false;
        if (result.outcome == JobOutcome::Done) {
            fieldKey_ = key;
            useField(*field);
            return;
        }
        waiting_ = true;
        useField(nullptr);
        if (result.outcome == JobOutcome::Failed) tellPicture(*result.error);
    };
    waiting_ = false;
    computing_ = true;
    jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT stateChanged();
}

void ExploreSession::cancel() {
    jobs_.cancelShown();
}

void ExploreSession::useField(std::shared_ptr<const api::AttentionField> field) {
    field_ = std::move(field);
    if (!field_) {
        map_ = {};
    } else {
        fieldKey_ = currentKey();
        const bool missing =
            settings_.heads.kind == HeadChoice::Kind::One && settings_.heads.head >= field_->heads();
        if (missing || (field_->isEnergy() && !(settings_.heads == HeadChoice{}))) {
            settings_.heads = {};
            Q_EMIT settingsChanged();
        }
        setQuery(queryIn(field_->geometry()));
    }
    Q_EMIT fieldChanged();
    if (field_) requestMap();
    Q_EMIT stateChanged();
}

/// The query over the same place of the picture, in a grid that may be another.
Query ExploreSession::queryIn(const InputGeometry& geometry) const {
    if (!query_.patch || !queryGeometry_ || *queryGeometry_ == geometry) return query_;
    const InputGeometry& former = *queryGeometry_;
    return {geometry.patchAt((query_.patch->column + 0.5) * former.coveredWidth() / former.columns,
                             (query_.patch->row + 0.5) * former.coveredHeight() / former.rows)};
}

void ExploreSession::setQuery(const Query& query) {
    Query wanted = query;
    if (wanted.patch && field_) {
        const InputGeometry& geometry = field_->geometry();
        const bool inside = wanted.patch->row >= 0 && wanted.patch->row < geometry.rows &&
                            wanted.patch->column >= 0 && wanted.patch->column < geometry.columns;
        if (!inside || field_->isEnergy()) wanted.patch.reset();
    }
    if (field_) queryGeometry_ = field_->geometry();
    if (wanted == query_) return;
    query_ = wanted;
    Q_EMIT queryChanged();
    requestMap();
    Q_EMIT stateChanged();
}

void ExploreSession::requestMap() {
    if (!field_) return;
    auto map = std::make_shared<AttentionMap>();
    JobBridge::Task task;
    task.slot = "map";
    task.run = [map, field = field_, query = query_](JobControl&) { *map = field->map(query); };
    task.done = [this, map, field = field_, query = query_](const JobResult& result) {
        if (field != field_) return;
        if (result.outcome == JobOutcome::Failed) fail(*result.error);
        if (result.outcome != JobOutcome::Done) return;
        map_ = std::move(*map);
        mapQuery_ = query;
        Q_EMIT mapChanged();
        Q_EMIT stateChanged();
    };
    jobs_.submit(runners_.live, std::move(task));
}

ExploreState ExploreSession::state() const {
    ExploreState state;
    state.picture = picture_.has_value();
    state.pictureHasFile = picture_ && !picture_->file.isEmpty();
    state.model = model_ != nullptr;
    state.map = field_ && map_.heads > 0;
    state.computing = computing_ || loadingModels_ > 0;
    state.loadingModel = loadingModels_ > 0 || !modelAsked_;
    state.waiting = waiting_;
    state.energy = model_ && model_->info().convolutional;
    state.heads = map_.heads;
    state.layers = model_ ? model_->info().layers : 0;
    state.queryIsPatch = query_.patch.has_value();
    state.fixedScale = settings_.scale.kind == Scale::Kind::Fixed;
    state.maskOn = settings_.maskOn;
    state.exactSize = settings_.size.kind == InputSize::Kind::Exact;
    state.nativeSize = settings_.size.kind == InputSize::Kind::Native;
    state.allHeads = settings_.heads.kind == HeadChoice::Kind::All;
    return state;
}

api::AttentionView ExploreSession::attentionView() const {
    api::AttentionView view;
    if (picture_) view.image = filePath(picture_->file.isEmpty() ? picture_->name : picture_->file).string();
    view.model = source_;
    if (model_) view.precision = model_->placement().precision;
    // Of what is on show: another size or layer may be set already, and still being computed.
    view.size = field_ ? fieldKey_.size : settings_.size;
    view.layer = field_ && model_ ? fieldKey_.layer - model_->info().layers : settings_.layer;
    view.query = query_;
    view.scale = settings_.scale;
    view.colourMap = settings_.colourMap;
    view.mean = settings_.heads.kind == HeadChoice::Kind::Mean;
    view.hues = settings_.heads.kind == HeadChoice::Kind::All;
    view.opacity = settings_.opacity;
    if (settings_.maskOn) view.mass = settings_.mass;
    return view;
}

}  // namespace dinoscope
