#include "engine/api/neighbours.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <numeric>

#include "engine/api/gallery_impl.h"
#include "engine/api/model_impl.h"
#include "engine/neighbours/batch_search.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/input_batch.h"
#include "engine/neighbours/query_part.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/search/label_vote.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

InputRecipe recipeOf(const Gallery& gallery, const Model& model) {
    const GalleryTerms& terms = gallery.info().terms;
    return {terms.resize, terms.crop, model.info().patchSize};
}

QueryFeature toQuery(const Gallery& gallery, const Model& model, const NetworkInput& input,
                     JobControl& control) {
    const GalleryTerms& terms = gallery.info().terms;
    const NetworkInput* one = &input;
    const at::Tensor row = features(model.impl().featureNetwork(), toBatch(std::span(&one, 1)), terms.kind,
                                    terms.layers, control);
    const float* values = row.const_data_ptr<float>();
    std::vector<float> feature(values, values + row.numel());
    if (gallery.impl().whitening) feature = gallery.impl().whitening->apply(feature);
    return {std::move(feature), std::nullopt};
}

/// Joins items into groups.
class Groups {
public:
    explicit Groups(std::int64_t items) : parent_(std::size_t(items)), least_(std::size_t(items), 1.0F) {
        std::iota(parent_.begin(), parent_.end(), std::int64_t{0});
    }

    void join(std::int64_t a, std::int64_t b, float similarity) {
        const std::lock_guard lock(mutex_);
        const std::int64_t rootA = root(a);
        const std::int64_t rootB = root(b);
        const auto [first, second] = std::minmax(rootA, rootB);
        if (first != second) parent_[std::size_t(second)] = first;
        least_[std::size_t(first)] =
            std::min({least_[std::size_t(first)], least_[std::size_t(second)], similarity});
    }

    std::vector<DuplicateGroup> take(std::size_t limit) {
        std::map<std::int64_t, DuplicateGroup> byRoot;
        for (std::int64_t i = 0; i < std::int64_t(parent_.size()); ++i)
            byRoot[root(i)].items.push_back(i);
        std::vector<DuplicateGroup> groups;
        for (auto& [first, group] : byRoot) {
            if (group.items.size() < 2) continue;
            group.similarity = least_[std::size_t(first)];
            groups.push_back(std::move(group));
        }
        std::stable_sort(groups.begin(), groups.end(), [](const DuplicateGroup& a, const DuplicateGroup& b) {
            return a.items.size() > b.items.size();
        });
        groups.resize(std::min(groups.size(), limit));
        return groups;
    }

private:
    std::int64_t root(std::int64_t item) {
        while (parent_[std::size_t(item)] != item) {
            parent_[std::size_t(item)] = parent_[std::size_t(parent_[std::size_t(item)])];
            item = parent_[std::size_t(item)];
        }
        return item;
    }

    std::mutex mutex_;
    std::vector<std::int64_t> parent_;
    std::vector<float> least_;
};

}  // namespace

Region Region::parse(std::string_view text) {
    Region region;
    const char* next = text.data();
    const char* end = next + text.size();
    bool isRead = true;
    for (int* number : {&region.x, &region.y, &region.width, &region.height}) {
        if (number != &region.x) isRead = isRead && next != end && *next++ == ',';
        const auto [rest, code] = std::from_chars(next, end, *number);
        isRead = isRead && code == std::errc();
        next = rest;
    }
    if (!isRead || next != end || region.x < 0 || region.y < 0 || region.width < 1 || region.height < 1) {
        throw UsageError("'" + std::string(text) + "' is not a region", "--region",
                         "give x,y,width,height in pixels of the upright image");
    }
    return region;
}

std::string Region::format() const {
    return std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(width) + "," +
           std::to_string(height);
}

QueryFeature queryImage(const Gallery& gallery, const Model& model, const Image& image, JobControl& control) {
    gallery.requireModel(model);
    control.poll();
    return toQuery(gallery, model, prepareImage(image, recipeOf(gallery, model), nullptr), control);
}

QueryFeature queryRegion(const Gallery& gallery, const Model& model, const Image& image, const Region& region,
                         JobControl& control) {
    gallery.requireModel(model);
    control.poll();
    if (region.x < 0 || region.y < 0 || region.width < 1 || region.height < 1 ||
        region.width > image.width - region.x || region.height > image.height - region.y) {
        throw Error("the region " + region.format() + " does not lie within the image of " +
                        std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels",
                    "--region", "give x,y,width,height in pixels of the upright image");
    }
    const SourceBox box{float(region.x), float(region.y), float(region.x + region.width),
                        float(region.y + region.height)};
    return toQuery(gallery, model,
                   preparePart(image, growToSquare(box, image.width, image.height), recipeOf(gallery, model)),
                   control);
}

QueryFeature queryMask(const Gallery& gallery, const Model& model, const Image& image, const PatchMask& mask,
                       JobControl& control) {
    gallery.requireModel(model);
    control.poll();
    const InputGeometry& geometry = mask.geometry;
    if (geometry.imageWidth != image.width || geometry.imageHeight != image.height) {
        throw Error("the mask is that of another image");
    }
    SourceBox box;
    const Image masked = maskImage(image, mask.patches, geometry.rows, geometry.columns,
                                   geometry.coveredWidth(), geometry.coveredHeight(), box);
    return toQuery(
        gallery, model,
        preparePart(masked, growToSquare(box, image.width, image.height), recipeOf(gallery, model)), control);
}

QueryFeature queryItem(const Gallery& gallery, std::int64_t item) {
    return {gallery.impl().feature(item), item};
}

std::vector<Neighbour> search(const Gallery& gallery, const QueryFeature& query, const SearchOptions& options,
                              JobControl& control) {
    const Gallery::Impl& impl = gallery.impl();
    const bool leavesOut = query.item && !options.includeSelf;
    const RowFilter filter = impl.filter(leavesOut ? *query.item : -1);
    const std::int64_t k = std::min(options.k, std::max<std::int64_t>(1, gallery.size()));
    const FeatureRows rows = impl.rows();
    std::vector<Neighbour> found;
    if (const ApproximateIndex* graph = impl.approximate(); graph && !options.exact) {
        found = graph->nearest(rows, query.values, k, filter, control);
    } else if (const DeviceRows* copy = impl.onDevice(options.device, control)) {
        found = copy->nearest(query.values, k, filter, control);
    } else if (const ReducedRows* reduced = impl.reduced()) {
        found = nearest(rows, *reduced, query.values, k, filter, control);
    } else {
        found = nearest(rows, query.values, k, filter, control);
    }
    impl.reader.matrix().requireReadable();
    for (Neighbour& neighbour : found)
        neighbour.row = filter.place(neighbour.row);
    std::erase_if(found, [&](const Neighbour& one) { return one.similarity < options.threshold; });
    return found;
}

std::vector<LabelVote> labelVote(const Gallery& gallery, const std::vector<Neighbour>& neighbours,
                                 double temperature) {
    std::vector<float> similarities;
    std::vector<std::string> labels;
    for (const Neighbour& neighbour : neighbours) {
        similarities.push_back(neighbour.similarity);
        labels.push_back(gallery.item(neighbour.row).label);
    }
    return voteLabels(similarities, labels, temperature);
}

std::vector<DuplicateGroup> nearDuplicates(const Gallery& gallery, float threshold, std::int64_t limit,
                                           JobControl& control) {
    const FeatureRows rows = gallery.impl().rows();
    const RowFilter filter = gallery.impl().filter();
    control.setTotal(rows.count, "images");
    Groups groups(gallery.size());
    BatchSearch(rows, filter, at::kCPU)
        .pairs(
            threshold,
            [&](std::int64_t first, std::int64_t second, float similarity) {
                groups.join(filter.place(first), filter.place(second), similarity);
            },
            control);
    gallery.impl().reader.matrix().requireReadable();
    return groups.take(std::size_t(std::max<std::int64_t>(0, limit)));
}

std::vector<FoundNeighbour> describe(const Gallery& gallery, const std::vector<Neighbour>& neighbours) {
    std::vector<FoundNeighbour> found;
    for (const Neighbour& neighbour : neighbours) {
        found.push_back(
            {gallery.path(neighbour.row), neighbour.similarity, gallery.item(neighbour.row).label});
    }
    return found;
}

}  // namespace dinoscope::api
