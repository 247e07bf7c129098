#pragma once

#include <QObject>
#include <QPointF>
#include <memory>
#include <optional>
#include <vector>

#include "ui/compare/compare_state.h"
#include "ui/explore/explore_session.h"

namespace dinoscope {

/// What the Compare workspace shows, without a widget: one picture under the attention of several models.
/// A side is an ExploreSession; the picture, what asks and the settings are the same for all, but for the
/// choice of heads, of which no two models have the same.
class CompareSession : public QObject {
    Q_OBJECT

public:
    /// `common` holds --device, --precision, --threads and --seed. There are kFewestSides at first.
    CompareSession(const Runners& runners, OptionValues common, QObject* parent = nullptr);

    int count() const { return int(sides_.size()); }
    ExploreSession& side(int index) { return *sides_[std::size_t(index)]; }
    const ExploreSession& side(int index) const { return *sides_[std::size_t(index)]; }
    /// Shows what the others do, without a model. At most kMostSides.
    ExploreSession& addSide();
    /// At least kFewestSides stay.
    void removeSide(int index);

    void showPicture(const Picture& picture);
    const std::optional<Picture>& picture() const { return picture_; }

    /// Of all sides; their heads are left as they are. A layer counts from the end, and is at most the first
    /// one of each model.
    void setSettings(const ExploreSettings& settings);
    const ExploreSettings& settings() const { return settings_; }
    /// Of all sides that have such a head.
    void setHeads(const HeadChoice& choice);
    void setHeads(int side, const HeadChoice& choice);

    /// The place in the picture, in its pixels, whose patch asks on each side; empty for [CLS].
    void setPlace(std::optional<QPointF> place);
    const std::optional<QPointF>& place() const { return place_; }

    /// Computes what waits for consent.
    void compute();
    void cancel();
    void setNeverAsk(bool never);
    bool isSettled() const;
    std::vector<ExploreState> states() const;

    /// Of the pictures; each side has its own.
    JobBridge& jobs() { return jobs_; }
    const Runners& runners() const { return runners_; }

Q_SIGNALS:
    void pictureChanged();
    void settingsChanged();
    void placeChanged();

private:
    std::unique_ptr<ExploreSession> makeSide();
    void applySettings(ExploreSession& side) const;
    void applyPlace(ExploreSession& side) const;

    Runners runners_;
    OptionValues common_;
    ExploreSettings settings_;
    std::optional<Picture> picture_;
    std::optional<QPointF> place_;
    bool neverAsk_ = false;
    std::vector<std::unique_ptr<ExploreSession>> sides_;
    JobBridge jobs_;
};

/// The patch's middle in pixels of the picture.
QPointF placeOf(PatchPosition patch, const InputGeometry& geometry);

}  // namespace dinoscope
