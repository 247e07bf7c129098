#include "ui/compare/compare_session.h"

#include <algorithm>

namespace dinoscope {

namespace {

/// Of one side: there are several.
constexpr std::int64_t kCacheBytes = std::int64_t{128} << 20;

}  // namespace

QPointF placeOf(PatchPosition patch, const InputGeometry& geometry) {
    return {(patch.column + 0.5) * geometry.coveredWidth() / geometry.columns,
            (patch.row + 0.5) * geometry.coveredHeight() / geometry.rows};
}

CompareSession::CompareSession(const Runners& runners, OptionValues common, QObject* parent)
    : QObject(parent), runners_(runners), common_(std::move(common)) {
    while (count() < kFewestSides)
        addSide();
}

std::unique_ptr<ExploreSession> CompareSession::makeSide() {
    auto side = std::make_unique<ExploreSession>(runners_, common_, kCacheBytes);
    ExploreSession* made = side.get();
    made->setNeverAsk(neverAsk_);
    // A model brings its number of layers, and a grid of its own.
    connect(made, &ExploreSession::modelChanged, this, [this, made] { applySettings(*made); });
    connect(made, &ExploreSession::fieldChanged, this, [this, made] { applyPlace(*made); });
    return side;
}

ExploreSession& CompareSession::addSide() {
    sides_.push_back(makeSide());
    ExploreSession& side = *sides_.back();
    applySettings(side);
    if (picture_) side.showPicture(*picture_);
    return side;
}

void CompareSession::removeSide(int index) {
    if (count() > kFewestSides) sides_.erase(sides_.begin() + index);
}

void CompareSession::showPicture(const Picture& picture) {
    picture_ = picture;
    setPlace(std::nullopt);
    for (const auto& side : sides_)
        side->showPicture(picture);
    Q_EMIT pictureChanged();
}

void CompareSession::applySettings(ExploreSession& side) const {
    ExploreSettings wanted = settings_;
    wanted.heads = side.settings().heads;
    if (side.model()) wanted.layer = std::clamp(wanted.layer, -side.model()->info().layers, -1);
    side.setSettings(wanted);
}

void CompareSession::setSettings(const ExploreSettings& settings) {
    settings_ = settings;
    for (const auto& side : sides_)
        applySettings(*side);
    Q_EMIT settingsChanged();
}

void CompareSession::setHeads(const HeadChoice& choice) {
    for (int i = 0; i < count(); ++i)
        setHeads(i, choice);
}

void CompareSession::setHeads(int index, const HeadChoice& choice) {
    ExploreSession& one = side(index);
    const bool hasHeads = one.model() && !one.model()->info().convolutional;
    if (choice.kind != HeadChoice::Kind::Mean && !hasHeads) return;
    if (choice.kind == HeadChoice::Kind::One && choice.head >= one.model()->info().heads) return;
    ExploreSettings wanted = one.settings();
    wanted.heads = choice;
    one.setSettings(wanted);
    Q_EMIT settingsChanged();
}

void CompareSession::applyPlace(ExploreSession& side) const {
    const auto field = side.field();
    if (!field) return;
    Query query;
    if (place_) query.patch = field->geometry().patchAt(place_->x(), place_->y());
    side.setQuery(query);
}

void CompareSession::setPlace(std::optional<QPointF> place) {
    if (place == place_) return;
    place_ = place;
    for (const auto& side : sides_)
        applyPlace(*side);
    Q_EMIT placeChanged();
}

void CompareSession::compute() {
    for (const auto& side : sides_) {
        if (side->state().waiting) side->compute();
    }
}

void CompareSession::cancel() {
    jobs_.cancelShown();
    for (const auto& side : sides_)
        side->cancel();
}

void CompareSession::setNeverAsk(bool never) {
    neverAsk_ = never;
    for (const auto& side : sides_)
        side->setNeverAsk(never);
}

bool CompareSession::isSettled() const {
    return jobs_.pending() == 0 &&
           std::ranges::all_of(sides_, [](const auto& side) { return side->jobs().pending() == 0; });
}

std::vector<ExploreState> CompareSession::states() const {
    std::vector<ExploreState> states;
    for (const auto& side : sides_)
        states.push_back(side->state());
    return states;
}

}  // namespace dinoscope
