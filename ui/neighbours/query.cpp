#include "ui/neighbours/query.h"

#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/texts.h"
#include "ui/bridge/unknown_heads.h"
#include "ui/widgets/image_pyramid.h"

namespace dinoscope {

namespace {

constexpr QSize kPreview(720, 720);

using SharedImage = std::shared_ptr<const Image>;

SharedImage imageOf(const PictureQuery& picture) {
    return picture.image ? picture.image : std::make_shared<const Image>(decodeImage(filePath(picture.file)));
}

SharedImage imageOf(const api::Gallery& gallery, std::int64_t item) {
    try {
        return std::make_shared<const Image>(decodeImage(gallery.path(item)));
    } catch (const Error&) {
        const std::vector<std::byte> stored = gallery.thumbnail(item);
        return std::make_shared<const Image>(decodeImage(stored, gallery.item(item).name));
    }
}

}  // namespace

const api::Model& QueryModelSlot::ready(const api::Gallery& gallery, const api::ModelSource& wanted,
                                        const OptionValues& common, ReadiedModel& readied,
                                        JobControl& control) {
    keepingUnknownHeads(readied.unknownHeads, [&] { load(gallery, wanted, common, control); });
    gallery.requireModel(*model_);
    readied.about =
        QueryModel{modelTitle(model_->info()), model_->placement(),
                   QString::fromStdString(api::describeDevice(model_->placement().device).description)};
    return *model_;
}

void QueryModelSlot::load(const api::Gallery& gallery, const api::ModelSource& wanted,
                          const OptionValues& common, JobControl& control) {
    const bool reduced = gallery.info().terms.bf16;
    if (model_ && source_ == wanted && bf16_ == reduced) return;
    startRuntimeOnce(common);
    model_.reset();
    model_ = api::Model::load(wanted, api::choosePlacement(common, api::Purpose::Numbers), control);
    source_ = wanted;
    bf16_ = reduced;
}

api::QueryFeature featureOf(const api::Gallery& gallery, const api::Model& model, const PictureQuery& picture,
                            JobControl& control) {
    const SharedImage image = imageOf(picture);
    control.poll();
    if (picture.mask) return api::queryMask(gallery, model, *image, *picture.mask, control);
    if (picture.region) {
        const QRect& r = *picture.region;
        return api::queryRegion(gallery, model, *image, {r.x(), r.y(), r.width(), r.height()}, control);
    }
    api::QueryFeature feature = api::queryImage(gallery, model, *image, control);
    if (!picture.file.isEmpty()) feature.item = gallery.find(filePath(picture.file));
    return feature;
}

SharedImage imageOf(const api::Gallery* gallery, const NeighbourQuery& query) {
    return query.item ? imageOf(*gallery, *query.item) : imageOf(*query.picture);
}

QImage previewOf(const api::Gallery* gallery, const NeighbourQuery& query) {
    return ImagePyramid(viewOf(imageOf(gallery, query))).scaledToFit(kPreview);
}

}  // namespace dinoscope
