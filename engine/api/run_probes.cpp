#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "engine/api/run.h"
#include "engine/base/mapped_file.h"
#include "engine/weights/load.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostCells = std::int64_t{1} << 28;  // of a frame: a gigabyte

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
    throw Error("this is no probe file (" + what + ")", file.string(),
                "the run's other epochs can be looked at");
}

/// "probes/NAME" only.
bool isBelowProbes(const std::string& file) {
    const fs::path path(file);
    return path.is_relative() && path.parent_path() == "probes" && path.has_filename() &&
           path.filename() != ".." && path.filename() != ".";
}

/// What a probe file tells in words.
class Words {
public:
    explicit Words(const SafetensorsFile& file) : words_(file.metadata().begin(), file.metadata().end()) {}

    std::string text(const std::string& key) const {
        const auto found = words_.find(key);
        return found == words_.end() ? std::string() : found->second;
    }
    std::optional<int> number(const std::string& key) const {
        const std::string word = text(key);
        int value = 0;
        const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (code != std::errc() || end != word.data() + word.size() || value < 0) return std::nullopt;
        return value;
    }

    /// In (0, 1], else 1.
    double share(const std::string& key) const {
        const std::string word = text(key);
        double value = 1;
        const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
        return code == std::errc() && value > 0 && value <= 1 ? value : 1;
    }

private:
    std::map<std::string, std::string> words_;
};

const TensorView* find(const SafetensorsFile& file, std::string_view name) {
    for (const SafetensorsFile::Entry& entry : file.entries()) {
        if (entry.name == name) return &entry.view;
    }
    return nullptr;
}

bool holdsReals(const TensorView& view) {
    return view.type == ElementType::F32 || view.type == ElementType::F16;
}

/// [elements] of reals, row-major.
std::vector<float> numbersOf(const TensorView& view) {
    const at::Tensor all = copyOf(view).to(at::kFloat).contiguous();
    const float* first = all.const_data_ptr<float>();
    return {first, first + all.numel()};
}

void readAttention(const fs::path& file, const SafetensorsFile& content, ProbeFrame& frame) {
    const TensorView* teacher = find(content, "teacher");
    const TensorView* student = find(content, "student");
    const bool old = teacher == nullptr;
    if (old) teacher = find(content, "attention");
    if (!teacher || teacher->sizes.size() != (old ? 3U : 4U)) refuse(file, "it has no attention");
    std::vector<std::int64_t> sizes = teacher->sizes;
    if (old) sizes.insert(sizes.begin(), 1);
    const auto cells = elementCount(sizes);
    if (!cells || *cells < 1 || *cells > kMostCells) refuse(file, "its shape is " + shapeText(sizes));
    for (const std::int64_t size : sizes)
        if (size > 1 << 20) refuse(file, "its shape is " + shapeText(sizes));
    if (student && student->sizes != teacher->sizes) refuse(file, "student and teacher differ in shape");
    if (!holdsReals(*teacher) || (student && !holdsReals(*student))) refuse(file, "its numbers are no reals");
    frame.layers = static_cast<int>(sizes[0]);
    frame.heads = static_cast<int>(sizes[1]);
    frame.rows = static_cast<int>(sizes[2]);
    frame.columns = static_cast<int>(sizes[3]);
    frame.teacher = numbersOf(*teacher);
    if (student) frame.student = numbersOf(*student);
}

void readNeighbours(const fs::path& file, const SafetensorsFile& content, const Words& words,
                    ProbeFrame& frame) {
    const TensorView* numbers = find(content, "neighbours");
    const TensorView* similarities = find(content, "similarities");
    if (!numbers || !similarities) return;
    if (numbers->sizes.size() != 1 || numbers->sizes != similarities->sizes || numbers->sizes[0] > 1000 ||
        numbers->type != ElementType::I64 || !holdsReals(*similarities)) {
        refuse(file, "its neighbours are of shape " + shapeText(numbers->sizes));
    }
    const at::Tensor images = copyOf(*numbers).contiguous();
    const std::vector<float> values = numbersOf(*similarities);
    for (std::size_t k = 0; k < values.size(); ++k) {
        const std::int64_t image = images.const_data_ptr<std::int64_t>()[k];
        frame.neighbours.push_back({words.text("neighbour-" + std::to_string(k)), values[k],
                                    file.parent_path() / "pictures" / (std::to_string(image) + ".jpg")});
    }
}

}  // namespace

void ProbeHistory::add(const std::vector<ProbeMetrics>& records) {
    for (const ProbeMetrics& record : records) {
        if (!isBelowProbes(record.file)) continue;
        auto image = std::find_if(images_.begin(), images_.end(),
                                  [&](const ProbeImage& each) { return each.name == record.image; });
        if (image == images_.end()) image = images_.insert(image, ProbeImage{record.image, {}});
        const ProbeLook look{record.epoch, record.step, run_ / record.file};
        auto place =
            std::lower_bound(image->looks.begin(), image->looks.end(), look,
                             [](const ProbeLook& a, const ProbeLook& b) { return a.epochs < b.epochs; });
        if (place != image->looks.end() && place->epochs == look.epochs) {
            *place = look;
        } else {
            image->looks.insert(place, look);
        }
    }
}

AttentionMap ProbeFrame::map(Network network, int layer) const {
    const std::vector<float>& all = network == Network::Student ? student : teacher;
    const std::size_t size = std::size_t(heads) * std::size_t(rows) * std::size_t(columns);
    const auto first = all.begin() + std::ptrdiff_t(size) * layer;
    return {heads, rows, columns, {first, first + std::ptrdiff_t(size)}};
}

std::shared_ptr<const ProbeFrame> readProbeFrame(const fs::path& file) {
    // Copied, not mapped: a run that goes on may replace it.
    const std::vector<std::byte> bytes = readFile(file);
    const SafetensorsFile content(bytes, file.string());
    const Words words(content);
    auto frame = std::make_shared<ProbeFrame>();
    readAttention(file, content, *frame);
    frame->firstLayer = words.number("first-layer").value_or(-1);
    frame->coveredWidth = words.share("covered-width");
    frame->coveredHeight = words.share("covered-height");
    const fs::path picture = words.text("picture");
    if (picture.parent_path() == "pictures" && picture.filename() != "..")
        frame->picture = file.parent_path() / picture;
    readNeighbours(file, content, words, *frame);
    return frame;
}

}  // namespace dinoscope::api
