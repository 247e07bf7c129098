#include "engine/api/attend.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/api/attend_terms.h"
#include "engine/base/atomic_file.h"
#include "engine/base/log.h"
#include "engine/explore/attend_plan.h"
#include "engine/explore/attention_files.h"
#include "engine/image/decode.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

/// An Error of one file that does not name it yet.
Error withFile(const Error& error, const fs::path& file) {
    if (!error.where().empty()) return error;
    return Error(error.problem(), file.string(), error.remedy());
}

/// Of its files, before one of them stops the whole call.
void requireRoomForNames(const AttendItem& item) {
    constexpr std::size_t kLongestEnding = std::string_view("-overlay-head127.png").size();
    if (item.stem.size() + kLongestEnding <= NAME_MAX) return;
    throw Error("the files of its attention would have names that are too long", item.file.string(),
                "give it a shorter name");
}

InputSize sizeOf(const OptionValues& options) {
    if (!options.flag("native")) return InputSize::parse(options.text("size"));
    if (options.isSet("size")) {
        throw UsageError("it is the image's own size, and --size asks for another", "--native",
                         "leave out one of them");
    }
    return InputSize::native();
}

/// What all images of one call share.
class Attender {
public:
    Attender(const OptionValues& options, JobControl& control)
        : options_(options), control_(control), terms_(options, sizeOf(options), control) {
        files_.heads = terms_.heads;
        files_.scale = terms_.scale;
        files_.colourMap = terms_.colours;
        files_.opacity = terms_.opacity;
        files_.mass = terms_.mass;
        files_.raw = options.flag("raw");
        files_.hues = terms_.hues;
        files_.energy = terms_.energy;
    }

    const Model& model() const { return *terms_.model; }

    /// One image with its attention: what can be wrong with the image itself shows before files are written.
    struct Task {
        const AttendItem& item;
        Image image;
        std::chrono::steady_clock::time_point start;
        std::shared_ptr<const AttentionField> field;
        AttentionMap map;
    };

    /// `forward` counts the blocks of the network.
    Task compute(const AttendItem& item, JobControl& forward) {
        Task task{item, decodeImage(item.file), std::chrono::steady_clock::now(), nullptr, {}};
        const int patch = model().info().patchSize;
        const InputGeometry geometry = planInput(task.image.width, task.image.height, terms_.size, patch);
        const Query query = terms_.queryIn(geometry);
        requireMemory(model(), geometry);
        tellWhatTakesLong(item, geometry, estimateCost(model(), geometry, terms_.layer).seconds);
        task.field = AttentionField::compute(model(), task.image, terms_.size, terms_.layer, forward);
        task.map = task.field->map(query);
        return task;
    }

    AttendedImage write(const Task& task) {
        const AttendItem& item = task.item;
        const InputGeometry& geometry = task.field->geometry();
        const AttentionMap& map = task.map;
        files_.metadata = {{"weights", model().info().file},
                           {"layer", std::to_string(task.field->layer())},
                           {"query", options_.text("query")},
                           {"heads", options_.text("heads")}};
        makeFolder(item.folder);
        AttendedImage done{item.file,
                           geometry.inputWidth,
                           geometry.inputHeight,
                           map.rows,
                           map.columns,
                           std::max(1, int(files_.heads.size())),
                           {},
                           0};
        done.outputs =
            writeAttentionFiles(task.image, geometry, map, files_, item.folder, item.stem, control_);
        done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - task.start).count();
        return done;
    }

private:
    void tellWhatTakesLong(const AttendItem& item, const InputGeometry& geometry, double seconds) const {
        constexpr double kWorthTelling = 120;
        if (seconds <= kWorthTelling) return;
        control_.note(item.file.string() + ": an input of " + std::to_string(geometry.inputWidth) + " x " +
                      std::to_string(geometry.inputHeight) + " pixels takes about " +
                      std::to_string(std::llround(seconds / 60)) +
                      " minutes; a smaller --size, or one as width x height, takes fewer");
    }

    const OptionValues& options_;
    JobControl& control_;
    AttentionTerms terms_;
    AttentionFileOptions files_;
};

}  // namespace

AttendReport attend(const std::vector<std::string>& inputs, const OptionValues& options,
                    JobControl& control) {
    const std::vector<AttendItem> items =
        planAttend(inputs, options.text("output-dir"),
                   {options.text("heads") != "mean", options.flag("hues"), options.real("mass") > 0});
    Attender attender(options, control);
    const fs::path folder = options.text("output-dir");
    std::error_code ignored;
    const bool isNew = !fs::exists(folder, ignored);
    makeFolder(folder);
    requireWritable(folder);
    AttendReport report;
    report.weights = attender.model().info().file;
    report.placement = attender.model().placement();
    const bool many = items.size() > 1;
    if (many) control.setTotal(static_cast<std::int64_t>(items.size()), "images");
    for (const AttendItem& item : items) {
        control.poll();
        std::optional<Attender::Task> task;
        try {
            JobControl part(control);
            requireRoomForNames(item);
            task.emplace(attender.compute(item, many ? part : control));
        } catch (const Cancelled&) {
            throw;
        } catch (const UsageError&) {
            throw;  // as wrong for every other image
        } catch (...) {
            const Error error = withFile(currentError(), item.file);
            control.note(error.what());
            report.failures.push_back({item.file, error, item.named});
        }
        if (task) report.images.push_back(attender.write(*task));
        if (many) control.advance();
    }
    // A new folder without a file in it is not worth keeping; one with files is not removed by this.
    if (isNew && report.images.empty()) fs::remove(folder, ignored);
    return report;
}

std::string toJson(const AttendReport& report) {
    using nlohmann::ordered_json;
    ordered_json images = ordered_json::array();
    for (const AttendedImage& image : report.images) {
        ordered_json outputs = ordered_json::array();
        for (const fs::path& output : image.outputs)
            outputs.push_back(output.string());
        images.push_back({{"file", image.file.string()},
                          {"width", image.width},
                          {"height", image.height},
                          {"rows", image.rows},
                          {"columns", image.columns},
                          {"heads", image.heads},
                          {"outputs", outputs},
                          {"seconds", image.seconds}});
    }
    ordered_json failures = ordered_json::array();
    for (const AttendFailure& failure : report.failures) {
        failures.push_back({{"file", failure.file.string()},
                            {"what", failure.error.problem()},
                            {"where", failure.error.where()},
                            {"remedy", failure.error.remedy()}});
    }
    ordered_json document{{"weights", report.weights},
                          {"device", report.placement.device},
                          {"precision", name(report.placement.precision)},
                          {"images", images},
                          {"failures", failures}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::vector<fs::path> exportAttention(const AttentionView& view, const Image& original,
                                      const AttentionField& field, const fs::path& folder, bool pictures,
                                      bool raw, JobControl& control) {
    const AttentionMap map = field.map(view.query);
    AttentionFileOptions files;
    files.heads = parseHeads("all", field.heads());
    files.scale = view.scale;
    files.colourMap = view.colourMap;
    files.opacity = view.opacity;
    files.mass = view.mass;
    files.pictures = pictures;
    files.energy = field.isEnergy();
    files.hues = view.hues && !files.energy;
    files.raw = raw;
    files.metadata = {{"weights", view.model.weights},
                      {"layer", std::to_string(field.layer())},
                      {"query", queryOption(view.query, field.geometry())},
                      {"heads", "all"}};
    makeFolder(folder);
    const std::string stem = fs::path(view.image).stem().string();
    return writeAttentionFiles(original, field.geometry(), map, files, folder, stem.empty() ? "image" : stem,
                               control);
}

}  // namespace dinoscope::api
