#pragma once

#include <QObject>
#include <QString>
#include <map>
#include <memory>
#include <optional>

#include "engine/api/attend.h"
#include "engine/api/attention.h"
#include "engine/api/core.h"
#include "engine/api/model.h"
#include "engine/api/runtime.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"
#include "ui/explore/explore_state.h"
#include "ui/explore/field_cache.h"
#include "ui/explore/picture.h"

namespace dinoscope {

/// What the Explore workspace shows, without a widget: one model, one picture, the attention of one over the
/// other. Everything long runs elsewhere; the signals tell what came of it.
class ExploreSession : public QObject {
    Q_OBJECT

public:
    static constexpr std::int64_t kCacheBytes = std::int64_t{512} << 20;

    /// `common` holds --device, --precision, --threads and --seed; `cacheBytes` is what attention that was
    /// computed before may hold.
    ExploreSession(const Runners& runners, OptionValues common, std::int64_t cacheBytes = kCacheBytes,
                   QObject* parent = nullptr);

    void showPicture(Picture picture);
    /// Loads in the background. On failure the former model stays.
    void openModel(const api::ModelSource& source);

    void setSettings(const ExploreSettings& settings);
    const ExploreSettings& settings() const { return settings_; }
    /// The token that asks. A patch outside the grid is taken for [CLS].
    void setQuery(const Query& query);
    const Query& query() const { return query_; }
    /// Computes what waits for consent.
    void compute();
    void cancel();
    /// Computes without asking, whatever it costs; what only a person can tell is a failure.
    void setNeverAsk(bool never) { neverAsk_ = never; }
    /// The SHA-256 of the model's file, for modelInfo(); in the background.
    void hashModel();

    const std::optional<Picture>& picture() const { return picture_; }
    const api::Model* model() const { return model_.get(); }
    /// Of the model that was asked for last and not refused.
    const api::ModelSource& modelSource() const { return source_; }
    /// The model's, with the file's hash once that was asked for.
    const api::ModelInfo& modelInfo() const { return info_; }
    const std::optional<api::DeviceInfo>& device() const { return device_; }
    const std::optional<api::Cost>& cost() const { return cost_; }
    /// Of the picture at the size that is set, once there is a model.
    const std::optional<InputGeometry>& plannedGeometry() const { return planned_; }
    /// What is on show; null while there is none.
    std::shared_ptr<const api::AttentionField> field() const { return field_; }
    /// Whether what is on show is what is set, rather than what is shown until that is computed.
    bool fieldIsCurrent() const;
    const AttentionMap& map() const { return map_; }
    const Query& mapQuery() const { return mapQuery_; }
    /// `film` and `grid` are left to the workspace.
    ExploreState state() const;
    /// The view that exports and commands repeat; only while there is a field.
    api::AttentionView attentionView() const;

    JobBridge& jobs() { return jobs_; }
    const Runners& runners() const { return runners_; }

Q_SIGNALS:
    void pictureChanged();
    void modelChanged();
    void modelRefused();
    void modelInfoChanged();
    /// `source` must be asked for again, with a number of heads.
    void headsUnknown(const dinoscope::api::ModelSource& source, const dinoscope::UnknownHeads& unknown);
    void costChanged();
    void fieldChanged();  ///< or its absence
    void mapChanged();
    void settingsChanged();
    void queryChanged();
    void stateChanged();
    void failed(const QString& sentence);         ///< something could not be opened
    void cannotCompute(const QString& sentence);  ///< what is set cannot be computed; a later field ends that

private:
    std::uint64_t idOf(const Picture& picture);
    void refresh();
    void askCost();
    void useField(std::shared_ptr<const api::AttentionField> field);
    void requestMap();
    void fail(const Error& error);
    void refuseModel(const api::ModelSource& source, const std::optional<UnknownHeads>& unknown,
                     const Error& error);
    void tellPicture(const Error& error);
    FieldKey currentKey() const;
    Query queryIn(const InputGeometry& geometry) const;
    int layerIndex() const;

    Runners runners_;
    OptionValues common_;
    ExploreSettings settings_;
    Query query_;
    std::optional<InputGeometry> queryGeometry_;  ///< whose grid the query's patch counts in

    std::optional<Picture> picture_;
    std::uint64_t nextId_ = 1;
    std::map<QString, std::pair<FileStamp, std::uint64_t>> known_;  ///< ids of files
    bool modelAsked_ = false;
    api::ModelSource source_;
    std::shared_ptr<const api::Model> model_;
    api::ModelInfo info_;
    std::uint64_t modelId_ = 0;
    std::optional<api::DeviceInfo> device_;
    std::optional<InputGeometry> planned_;
    std::optional<api::Cost> cost_;

    FieldCache cache_;
    std::shared_ptr<const api::AttentionField> field_;
    FieldKey fieldKey_;
    AttentionMap map_;
    Query mapQuery_;
    std::uint64_t computation_ = 0;  ///< serial number of the last one started
    bool computing_ = false;
    bool waiting_ = false;
    bool neverAsk_ = false;
    int loadingModels_ = 0;

    JobBridge jobs_;
};

}  // namespace dinoscope
