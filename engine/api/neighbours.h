#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/gallery.h"
#include "engine/explore/input_geometry.h"
#include "engine/image/image.h"
#include "engine/neighbours/search/neighbour.h"

namespace dinoscope::api {

/// A rectangle of the upright image, in its pixels.
struct Region {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;

    /// "x,y,w,h". Throws UsageError naming --region.
    static Region parse(std::string_view text);
    std::string format() const;
    bool operator==(const Region&) const = default;
};

/// Patches of an image, as an attention mask marks them.
struct PatchMask {
    InputGeometry geometry;             ///< of the grid
    std::vector<std::uint8_t> patches;  ///< [rows * columns], 1 where it belongs
};

/// The feature of what is looked for, on a gallery's terms; of unit length.
struct QueryFeature {
    std::vector<float> values;           ///< [dim]
    std::optional<std::int64_t> item{};  ///< the gallery's item that is asked for, which search leaves out
};

/// Of an upright image: as the gallery's images are prepared. Engine thread; one forward pass.
QueryFeature queryImage(const Gallery& gallery, const Model& model, const Image& image, JobControl& control);
/// "What looks like this part": the region, grown to a square as far as the image goes, scaled to the
/// network's input. Throws Error where it leaves the image or is empty.
QueryFeature queryRegion(const Gallery& gallery, const Model& model, const Image& image, const Region& region,
                         JobControl& control);
/// The same of the mask's bounding box, with the mean colour of ImageNet (which the network sees as zero)
/// outside the mask.
QueryFeature queryMask(const Gallery& gallery, const Model& model, const Image& image, const PatchMask& mask,
                       JobControl& control);
/// An item of the gallery: its stored feature, no forward pass. Any thread.
QueryFeature queryItem(const Gallery& gallery, std::int64_t item);

struct SearchOptions {
    std::int64_t k = 10;
    float threshold = -1;      ///< least similarity
    bool includeSelf = false;  ///< keep QueryFeature::item
    bool exact = false;        ///< never through the approximate index
    /// "cpu", or "cuda:N": a copy of the features stays there from the first search on, if it has room. The
    /// result is the same.
    std::string device = "cpu";
};

/// The most similar items, best first; equal ones in the gallery's order. `row` is the item's number. Any
/// thread, in its threads; a million 384-dim features take as long as reading them from memory. Polls.
std::vector<Neighbour> search(const Gallery& gallery, const QueryFeature& query, const SearchOptions& options,
                              JobControl& control);

/// exp(similarity / temperature) for each neighbour's label, as the k-NN classifier votes; greatest share
/// first. Empty where the gallery has no labels.
std::vector<LabelVote> labelVote(const Gallery& gallery, const std::vector<Neighbour>& neighbours,
                                 double temperature = 0.07);

/// Items that are near duplicates of each other.
struct DuplicateGroup {
    std::vector<std::int64_t> items;  ///< two or more, in the gallery's order
    float similarity = 0;             ///< least along the links that join them
};

/// Groups of items linked by a similarity of at least `threshold`, the largest first; at most `limit` groups.
/// Engine thread; compares all with all in blocks of bounded memory. Polls; progress counts items.
std::vector<DuplicateGroup> nearDuplicates(const Gallery& gallery, float threshold, std::int64_t limit,
                                           JobControl& control);

/// The query and its neighbours as one picture: thumbnails in rows, the query first with a frame, under each
/// a bar as long as the similarity. `query` may be empty.
Image contactSheet(const Gallery& gallery, const Image& query, const std::vector<Neighbour>& neighbours,
                   JobControl& control);

/// Options of `dino neighbours`: --gallery, -k, --region, --contact-sheet, --include-self, --threshold,
/// --exact, --weights (by default those that the gallery was made with), and the common ones.
const OptionSchema& neighboursOptions();

struct FoundNeighbour {
    std::filesystem::path path;
    float similarity = 0;
    std::string label;
};

struct NeighboursReport {
    std::filesystem::path query;
    std::filesystem::path gallery;
    std::vector<FoundNeighbour> neighbours;
    std::vector<LabelVote> votes;
    std::filesystem::path contactSheet;  ///< empty unless asked for
    std::int64_t damaged = 0;            ///< images of the gallery that were left out
};

/// How `dino neighbours` searches: where its model computes.
SearchOptions searchOptions(const OptionValues& options, const Placement& placement);

/// What `dino neighbours` does, model loading and contact sheet included.
NeighboursReport neighbours(const std::filesystem::path& image, const OptionValues& options,
                            JobControl& control);

/// For exports of a list of results.
std::vector<FoundNeighbour> describe(const Gallery& gallery, const std::vector<Neighbour>& neighbours);
/// The document of `dino neighbours --json`.
std::string toJson(const NeighboursReport& report);
/// rank,path,similarity,label; quoted as RFC 4180 says.
std::string toCsv(const std::vector<FoundNeighbour>& neighbours);

}  // namespace dinoscope::api
