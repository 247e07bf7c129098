#pragma once

#include <QImage>
#include <QString>
#include <memory>
#include <optional>

#include "engine/api/gallery.h"
#include "engine/api/neighbours.h"
#include "ui/picture_query.h"

namespace dinoscope {

/// What is asked for: an item of the gallery, a picture or a part of one, or nothing (the whole gallery).
struct NeighbourQuery {
    std::optional<std::int64_t> item;
    std::optional<PictureQuery> picture;

    bool any() const { return item || picture; }
};

/// What queries are computed with, once it is loaded.
struct QueryModel {
    QString title;  ///< as modelTitle()
    api::Placement placement;
    QString device;  ///< in more words
};

/// What came of having a model ready.
struct ReadiedModel {
    std::optional<QueryModel> about;
    std::optional<UnknownHeads> unknownHeads;
};

/// The model that queries are computed with. Only jobs on the engine's thread touch it.
class QueryModelSlot {
public:
    /// The model for a gallery, loaded if it is not there. Throws Error where it is of another.
    const api::Model& ready(const api::Gallery& gallery, const api::ModelSource& wanted,
                            const OptionValues& common, ReadiedModel& readied, JobControl& control);

private:
    void load(const api::Gallery& gallery, const api::ModelSource& wanted, const OptionValues& common,
              JobControl& control);

    std::shared_ptr<const api::Model> model_;
    api::ModelSource source_;
    bool bf16_ = false;
};

/// Of the picture, its part or its mask; with the item of the gallery where the picture is one. Throws Error.
api::QueryFeature featureOf(const api::Gallery& gallery, const api::Model& model, const PictureQuery& picture,
                            JobControl& control);

/// The whole picture of a query; an item's thumbnail where its file is gone. Throws Error.
std::shared_ptr<const Image> imageOf(const api::Gallery* gallery, const NeighbourQuery& query);

/// The same at a size that can be looked at. Throws Error.
QImage previewOf(const api::Gallery* gallery, const NeighbourQuery& query);

}  // namespace dinoscope
