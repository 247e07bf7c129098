#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/api/neighbours.h"
#include "engine/base/atomic_file.h"
#include "engine/base/csv.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

const OptionSchema& ownOptions() {
    static const OptionSchema schema{
        {.key = "gallery",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Gallery",
         .help = "folder of the gallery",
         .shortName = 'g'},
        {.key = "neighbours",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(10),
         .minimum = 1,
         .maximum = 1'000'000,
         .label = "Neighbours",
         .help = "how many",
         .shortName = 'k',
         .aliases = {"k"}},
        {.key = "region",
         .type = OptionType::Text,
         .defaultValue = std::string(),
         .unit = "px",
         .label = "Region",
         .help = "what looks like this part: x,y,width,height of the upright image"},
        {.key = "threshold",
         .type = OptionType::Real,
         .defaultValue = -1.0,
         .minimum = -1,
         .maximum = 1,
         .label = "Threshold",
         .help = "the least similarity (cosine)"},
        {.key = "include-self",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Include self",
         .help = "keep the query's own file among its neighbours"},
        {.key = "exact",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Exact",
         .help = "look at all images of a gallery that has an approximate index",
         .level = OptionLevel::Expert},
        {.key = "contact-sheet",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Contact sheet",
         .help = "write the query and its neighbours as one picture, PNG or JPEG by its name"},
    };
    return schema;
}

/// Options of a model say nothing where the gallery's own is taken.
void requireWeightsFor(const OptionValues& options) {
    if (options.isSet("weights")) return;
    for (const OptionSpec& spec : modelOptions().specs()) {
        if (!options.isSet(spec.key)) continue;
        throw UsageError("the gallery's own model is taken, with the options that it was made with",
                         "--" + spec.key, "give -w too, or leave it out");
    }
}

/// The model that is asked for, or the gallery's own; in the gallery's precision unless one is given.
std::shared_ptr<const Model> loadModel(const Gallery& gallery, const OptionValues& options,
                                       JobControl& control) {
    Placement placement = choosePlacement(options, Purpose::Numbers);
    if (options.text("precision") == "auto") {
        placement.precision = gallery.info().terms.bf16 ? Precision::Bf16 : Precision::Fp32;
    }
    const ModelSource source = options.isSet("weights")
                                   ? modelSource(options, std::uint64_t(options.integer("seed")))
                                   : gallery.info().model;
    JobControl loading(control);
    return Model::load(source, placement, loading);
}

bool isJpegName(const fs::path& file) {
    std::string ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
    if (ending == ".jpg" || ending == ".jpeg") return true;
    if (ending == ".png") return false;
    throw UsageError("a picture is written as PNG or JPEG, by its name", "--contact-sheet",
                     "let '" + file.string() + "' end in .png or .jpg");
}

void writePicture(const fs::path& file, const Image& picture) {
    constexpr int kQuality = 92;
    isJpegName(file) ? writeJpeg(file, picture, kQuality) : writePng(file, picture);
}

}  // namespace

const OptionSchema& neighboursOptions() {
    static const OptionSchema schema(OptionSchema(ownOptions(), modelOptions()), commonOptions());
    return schema;
}

SearchOptions searchOptions(const OptionValues& options, const Placement& placement) {
    SearchOptions search;
    search.k = options.integer("neighbours");
    search.threshold = static_cast<float>(options.real("threshold"));
    search.includeSelf = options.flag("include-self");
    search.exact = options.flag("exact");
    search.device = placement.device;
    return search;
}

NeighboursReport neighbours(const fs::path& file, const OptionValues& options, JobControl& control) {
    if (options.text("gallery").empty()) {
        throw UsageError("no gallery is named", "--gallery", "give its folder with -g");
    }
    requireWeightsFor(options);
    const fs::path sheet = options.text("contact-sheet");
    if (!sheet.empty()) {
        isJpegName(sheet);
        requireFolderFor(sheet);
    }
    std::optional<Region> region;
    if (!options.text("region").empty()) region = Region::parse(options.text("region"));
    const auto gallery = Gallery::open(options.text("gallery"), control);
    const Image image = decodeImage(file);
    const auto model = loadModel(*gallery, options, control);
    QueryFeature query = region ? queryRegion(*gallery, *model, image, *region, control)
                                : queryImage(*gallery, *model, image, control);
    query.item = gallery->find(file);
    const std::vector<Neighbour> found =
        search(*gallery, query, searchOptions(options, model->placement()), control);

    NeighboursReport report;
    report.query = file;
    report.gallery = options.text("gallery");
    report.neighbours = describe(*gallery, found);
    report.votes = labelVote(*gallery, found);
    report.damaged = gallery->info().damaged;
    if (report.damaged > 0) {
        control.note(
            std::to_string(report.damaged) +
            " images of the gallery are left out, since their features are damaged; index their folder "
            "again");
    }
    if (!sheet.empty()) {
        report.contactSheet = sheet;
        writePicture(report.contactSheet, contactSheet(*gallery, image, found, control));
    }
    return report;
}

std::string toJson(const NeighboursReport& report) {
    using nlohmann::ordered_json;
    ordered_json found = ordered_json::array();
    for (const FoundNeighbour& one : report.neighbours) {
        found.push_back({{"path", one.path.string()},
                         {"similarity", one.similarity},
                         {"label", one.label.empty() ? ordered_json(nullptr) : ordered_json(one.label)}});
    }
    ordered_json votes = ordered_json::array();
    for (const LabelVote& vote : report.votes)
        votes.push_back({{"label", vote.label}, {"share", vote.share}, {"count", vote.count}});
    ordered_json document{{"query", report.query.string()},
                          {"gallery", report.gallery.string()},
                          {"neighbours", found},
                          {"votes", votes},
                          {"damaged", report.damaged}};
    if (!report.contactSheet.empty()) document["contact_sheet"] = report.contactSheet.string();
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string toCsv(const std::vector<FoundNeighbour>& neighbours) {
    std::string text = "rank,path,similarity,label\r\n";
    for (std::size_t i = 0; i < neighbours.size(); ++i) {
        char similarity[32];
        std::snprintf(similarity, sizeof(similarity), "%.6f", double{neighbours[i].similarity});
        text += std::to_string(i + 1) + "," + csvField(neighbours[i].path.string()) + "," + similarity + "," +
                csvField(neighbours[i].label) + "\r\n";
    }
    return text;
}

}  // namespace dinoscope::api
