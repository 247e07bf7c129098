#include "engine/api/video.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/api/attend.h"
#include "engine/api/attend_terms.h"
#include "engine/api/video_frames.h"
#include "engine/base/atomic_file.h"
#include "engine/explore/render.h"
#include "engine/explore/video_sheet.h"
#include "engine/image/video_writer.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

constexpr int kSideOfOne = 480;
constexpr int kSideOfMany = 240;

const OptionSchema& ownOptions() {
    static const OptionSchema schema{
        {.key = "output",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .label = "Output",
         .help = "the video to write: .mp4 or .avi",
         .shortName = 'o',
         .aliases = {"output-path"}},
        {.key = "hues",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "All heads at once",
         .help = "one picture of all heads, a hue each, instead of one of each"},
        {.key = "side",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 4096,
         .unit = "px",
         .label = "Side",
         .help = "shorter side of each picture in the video; 0 for 240, and for 480 where there is one"},
        {.key = "start",
         .type = OptionType::Real,
         .defaultValue = 0.0,
         .minimum = 0,
         .maximum = 1e6,
         .unit = "seconds",
         .label = "Start",
         .help = "where to begin"},
        {.key = "seconds",
         .type = OptionType::Real,
         .defaultValue = 0.0,
         .minimum = 0,
         .maximum = 1e6,
         .unit = "seconds",
         .label = "Length",
         .help = "how much to take; 0 for all"},
        {.key = "every",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(1),
         .minimum = 1,
         .maximum = 10'000,
         .unit = "frames",
         .label = "Every",
         .help = "take one frame of so many; the video stays as long"},
        {.key = "rate",
         .type = OptionType::Real,
         .defaultValue = 0.0,
         .minimum = 0,
         .maximum = 240,
         .label = "Rate",
         .help = "frames a second that are written; 0 as many as are taken; of a folder, 25 are a second",
         .aliases = {"fps"}},
        {.key = "steady",
         .type = OptionType::Real,
         .defaultValue = 0.9,
         .minimum = 0,
         .maximum = 0.999,
         .label = "Steadiness",
         .help = "share of the colour scale that the frames before have, against flicker",
         .level = OptionLevel::Expert},
    };
    return schema;
}

/// Which frames are taken, in numbers of the input's.
struct Selection {
    std::int64_t first = 0;
    std::int64_t end = INT64_MAX;  ///< past the last one
    std::int64_t every = 1;
    double rate = 0;  ///< to be written with

    static Selection of(const OptionValues& options, double rate) {
        Selection chosen;
        chosen.every = options.integer("every");
        chosen.first = std::llround(options.real("start") * rate);
        if (const double length = options.real("seconds"); length > 0)
            chosen.end = chosen.first + std::max<std::int64_t>(1, std::llround(length * rate));
        chosen.rate =
            storableRate(options.real("rate") > 0 ? options.real("rate") : rate / double(chosen.every));
        return chosen;
    }

    /// Of an input of so many frames; 0 where that is not known.
    std::int64_t count(std::int64_t frames) const {
        if (frames <= 0 && end == INT64_MAX) return 0;
        const std::int64_t last = frames > 0 ? std::min(frames, end) : end;
        return std::max<std::int64_t>(0, (last - first + every - 1) / every);
    }
};

/// The network, and how its attention is drawn over each frame.
class Drawer {
public:
    Drawer(const OptionValues& options, JobControl& control)
        : terms_(options, InputSize::parse(options.text("size")), control), steady_(options.real("steady")) {}

    const Model& model() const { return *terms_.model; }

    int pictures() const {
        if (terms_.hues || terms_.heads.empty()) return 1;
        return int(terms_.heads.size()) + (terms_.energy ? 1 : 2);
    }

    Image draw(const Image& frame, const VideoSheet& sheet, JobControl& control) {
        const auto field = AttentionField::compute(model(), frame, terms_.size, terms_.layer, control);
        const AttentionMap map = field->map(terms_.queryIn(field->geometry()));
        const Image small = sheet.fit(frame);
        InputGeometry geometry = field->geometry();  // the same shares of a smaller picture
        geometry.imageWidth = small.width;
        geometry.imageHeight = small.height;
        Image drawn(sheet.width(), sheet.height());
        int tile = 0;
        for (const Image& picture : picturesOf(map, small, geometry))
            sheet.paste(drawn, tile++, picture);
        return drawn;
    }

private:
    std::vector<Image> picturesOf(const AttentionMap& map, const Image& frame,
                                  const InputGeometry& geometry) {
        const std::vector<float> mean = meanOfHeads(map);
        std::vector<ValueRange> ranges = headRanges(map, terms_.scale);
        ranges.push_back(gridRange(mean, terms_.scale));
        ranges = steady_.follow(ranges);
        const auto over = [&](std::span<const float> grid, const ValueRange& range) {
            return overlayPicture(frame, grid, range, terms_.colours, terms_.opacity, geometry, maskOf(grid));
        };
        if (terms_.hues) {
            ranges.pop_back();
            return {headsOverlayPicture(frame, map, ranges, terms_.heads, terms_.opacity, geometry,
                                        maskOf(mean))};
        }
        if (terms_.heads.empty()) return {over(mean, ranges.back())};
        std::vector<Image> pictures{frame};
        if (!terms_.energy) pictures.push_back(over(mean, ranges.back()));
        for (const int head : terms_.heads)
            pictures.push_back(over(map.head(head), ranges[std::size_t(head)]));
        return pictures;
    }

    std::vector<std::uint8_t> maskOf(std::span<const float> grid) const {
        return terms_.mass ? massMask(grid, *terms_.mass) : std::vector<std::uint8_t>();
    }

    AttentionTerms terms_;
    SteadyRanges steady_;
};

fs::path outputOf(const OptionValues& options, const fs::path& input) {
    const fs::path output = options.text("output");
    if (output.empty())
        throw UsageError("no video to write is named", "--output", "give one with -o, as -o out.mp4");
    if (!hasVideoEnding(output))
        throw UsageError("videos end in .mp4 or .avi", output.string(), "give the file such a name");
    requireFolderFor(output);
    std::error_code code;
    if (fs::equivalent(input, output, code))
        throw UsageError("the video that is read would be written over", output.string(),
                         "give another name");
    return output;
}

/// Not by the few that a file may count wrongly. `expected` is 0 where nothing tells.
bool endsEarly(std::int64_t pictures, std::int64_t expected) {
    return pictures + std::max<std::int64_t>(2, expected / 50) < expected;
}

}  // namespace

const OptionSchema& videoOptions() {
    static const OptionSchema schema(
        OptionSchema(OptionSchema(modelOptions(), ownOptions()), attentionViewOptions()), commonOptions());
    return schema;
}

VideoReport video(const fs::path& input, const OptionValues& options, JobControl& control) {
    const auto start = std::chrono::steady_clock::now();
    VideoReport report;
    report.input = input;
    report.output = outputOf(options, input);
    const auto frames = VideoFrames::open(input, control);
    const Selection chosen = Selection::of(options, frames->rate());
    Drawer drawer(options, control);
    report.weights = drawer.model().info().file;
    report.placement = drawer.model().placement();
    report.pictures = drawer.pictures();
    report.rate = chosen.rate;
    control.setTotal(chosen.count(frames->count()), "frames");
    std::optional<VideoSheet> sheet;
    std::optional<VideoWriter> writer;
    std::int64_t number = 0;
    for (; number < chosen.end; ++number) {
        control.poll();
        if (number < chosen.first || (number - chosen.first) % chosen.every != 0) {
            if (!frames->skip()) break;
            continue;
        }
        const std::optional<Image> frame = frames->next();
        if (!frame) break;
        if (frame->empty()) {
            ++report.skipped;
            continue;
        }
        if (!writer) {
            const auto side = int(options.integer("side"));
            const int usual = report.pictures == 1 ? kSideOfOne : kSideOfMany;
            sheet = VideoSheet::plan(frame->width, frame->height, side > 0 ? side : usual, report.pictures);
            writer.emplace(report.output, sheet->width(), sheet->height(), report.rate);
        }
        JobControl part(control);
        try {
            writer->add(drawer.draw(*frame, *sheet, part));
        } catch (const UsageError&) {
            throw;
        } catch (const Error& error) {
            const Error named(error.problem(), frames->where(), error.remedy());
            // In a folder one picture may be unlike the others.
            if (report.frames == 0 || !frames->areFiles()) throw named;
            control.note(named.what());
            ++report.skipped;
            continue;
        }
        ++report.frames;
        control.advance();
    }
    if (report.frames == 0) {
        throw Error(report.skipped > 0 ? "none of its pictures can be read"
                                       : "it has no picture where --start and --seconds say",
                    input.string(), "name another video, or take another part of it");
    }
    report.cutShort = endsEarly(number, std::min(chosen.end, frames->count()));
    if (report.cutShort) {
        control.note(input.string() + ": it ended after " + std::to_string(number) + " of " +
                     std::to_string(frames->count()) + " pictures, and may be damaged");
    }
    writer->finish();
    report.width = sheet->width();
    report.height = sheet->height();
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

std::string toJson(const VideoReport& report) {
    const nlohmann::ordered_json document{{"input", report.input.string()},
                                          {"output", report.output.string()},
                                          {"weights", report.weights},
                                          {"device", report.placement.device},
                                          {"precision", name(report.placement.precision)},
                                          {"frames", report.frames},
                                          {"skipped", report.skipped},
                                          {"cut_short", report.cutShort},
                                          {"width", report.width},
                                          {"height", report.height},
                                          {"rate", report.rate},
                                          {"pictures", report.pictures},
                                          {"seconds", report.seconds}};
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dinoscope::api
