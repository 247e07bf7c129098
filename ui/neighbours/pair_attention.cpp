#include "ui/neighbours/pair_attention.h"

#include <algorithm>

#include "ui/bridge/texts.h"
#include "ui/neighbours/neighbours_text.h"

namespace dinoscope {

namespace {

constexpr PairAttention::Side kSides[] = {PairAttention::Side::Query, PairAttention::Side::Result};

const char* slotOf(PairAttention::Side side) {
    return side == PairAttention::Side::Query ? "queryAttention" : "resultAttention";
}

/// As large as the network saw it for its feature, but whole.
PictureAttention attentionOver(const api::Gallery& gallery, const api::Model& model,
                               const NeighbourQuery& picture, JobControl& control) {
    const std::shared_ptr<const Image> image = imageOf(&gallery, picture);
    control.poll();
    const InputSize size = InputSize::shorterSide(gallery.info().terms.resize);
    const auto field = api::AttentionField::compute(model, *image, size, -1, control);
    return {field->map({}), field->geometry()};
}

}  // namespace

/// What a job hands over.
struct PairAttention::Found {
    PictureAttention attention;
    ReadiedModel readied;
    bool modelReady = false;
};

PairAttention::PairAttention(NeighboursSession& session, QObject* parent)
    : QObject(parent), session_(session) {
    connect(&session_, &NeighboursSession::queryModelChanged, this, &PairAttention::followModel);
}

void PairAttention::setOn(bool on) {
    if (on == on_) return;
    on_ = on;
    for (const Side side : kSides) {
        if (!on && partOf(side).stage == Stage::Computing) forget(side);
    }
    Q_EMIT changed();
}

void PairAttention::setPicture(Side side, const NeighbourQuery& picture) {
    if (!picture.any() && !partOf(side).picture.any()) return;
    forget(side);
    partOf(side).picture = picture;
    Q_EMIT changed();
}

void PairAttention::forget(Side side) {
    Part& part = partOf(side);
    ++part.serial;
    if (part.stage == Stage::Computing) session_.jobs().cancelSlot(slotOf(side));
    part.stage = Stage::Wanted;
    part.attention.reset();
}

/// What was computed, or refused, was so by the model before.
void PairAttention::followModel() {
    if (session_.queryModel()) {
        compute();
        return;
    }
    for (const Side side : kSides)
        forget(side);
    Q_EMIT changed();
}

void PairAttention::compute() {
    if (!on_ || !session_.gallery()) return;
    bool begun = false;
    for (const Side side : kSides) {
        if (partOf(side).stage != Stage::Wanted || !partOf(side).picture.any()) continue;
        begin(side);
        begun = true;
    }
    if (begun) Q_EMIT changed();
}

void PairAttention::begin(Side side) {
    Part& part = partOf(side);
    auto found = std::make_shared<Found>();
    const auto gallery = session_.gallery();
    JobBridge::Task task;
    task.title = tr("Computing the attention over %1").arg(queryName(part.picture, gallery.get()));
    task.slot = slotOf(side);
    task.run = [found, gallery, picture = part.picture, ready = session_.readyModel()](JobControl& control) {
        const api::Model& model = ready(found->readied, control);
        found->modelReady = true;
        found->attention = attentionOver(*gallery, model, picture, control);
    };
    task.done = [this, side, found, serial = ++part.serial](const JobResult& result) {
        if (serial == partOf(side).serial) end(side, result, *found);
    };
    part.stage = Stage::Computing;
    session_.jobs().submit(session_.runners().engine, std::move(task));
}

void PairAttention::end(Side side, const JobResult& result, Found& found) {
    Part& part = partOf(side);
    if (result.outcome == JobOutcome::Done) {
        part.stage = Stage::There;
        part.attention = std::make_shared<const PictureAttention>(std::move(found.attention));
    } else {
        part.stage = result.outcome == JobOutcome::Failed ? Stage::Failed : Stage::Wanted;
    }
    Q_EMIT changed();
    if (result.outcome == JobOutcome::Cancelled) Q_EMIT givenUp();
    if (result.outcome != JobOutcome::Failed) return;
    if (found.modelReady) {
        Q_EMIT failed(sentenceOf(*result.error));
    } else {
        // Its number of heads was asked for when the gallery was opened.
        session_.refuseModel(std::nullopt, *result.error);
    }
}

SharedAttention PairAttention::shown(Side side) const {
    return on_ ? parts_[std::size_t(side)].attention : nullptr;
}

bool PairAttention::isComputing() const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [](const Part& part) { return part.stage == Stage::Computing; });
}

}  // namespace dinoscope
