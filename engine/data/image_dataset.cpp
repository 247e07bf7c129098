#include "engine/data/image_dataset.h"

#include <limits.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/mapped_file.h"
#include "engine/base/parallel.h"
#include "engine/data/folder_scan.h"
#include "engine/data/image_list.h"
#include "engine/image/decode.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kChunk = 4096;  // images whose headers are read between two polls

std::uint64_t hashOf(std::string_view text) {
    std::uint64_t hash = mix(text.size());
    while (!text.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = std::min(text.size(), sizeof word);
        std::memcpy(&word, text.data(), size);
        text.remove_prefix(size);
        hash = mix(hash ^ word);
    }
    return hash;
}

/// What reading a header told.
struct Checked {
    int width = 0;
    int height = 0;
    std::uint64_t bytes = 0;
    std::string reason;  ///< why it cannot be read, empty where it can
};

Checked checkHeader(const fs::path& path) {
    Checked checked;
    try {
        const MappedFile file(path);
        const ImageHeader header = readImageHeader(file.bytes(), path.string());
        if (!canDecode(header.format))
            throw Error(name(header.format) + " images are not read by this build");
        file.requireWhole();
        checked.width = header.width;
        checked.height = header.height;
        checked.bytes = file.bytes().size();
    } catch (const Error& error) {
        checked.reason = error.problem();
    }
    return checked;
}

}  // namespace

std::string UnreadableImage::describe() const {
    return (line > 0 ? "line " + std::to_string(line) + ": " : "") + (name.empty() ? "" : name + ": ") +
           reason;
}

std::string_view ImageDataset::name(std::int64_t image) const {
    const auto index = static_cast<std::size_t>(image);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(names_).substr(begin, ends_[index] - begin);
}

void ImageDataset::markGone(std::int64_t image) {
    if (isGone(image)) return;
    gone_.resize(ends_.size());
    gone_.at(static_cast<std::size_t>(image)) = 1;
    ++goneCount_;
}

void ImageDataset::add(std::string_view name, int width, int height, std::uint64_t bytes) {
    names_ += name;
    ends_.push_back(names_.size());
    widths_.push_back(width);
    heights_.push_back(height);
    bytes_.push_back(bytes);
}

/// Once all is known that the fingerprint is of.
void ImageDataset::sign() {
    std::uint64_t signature = 0;
    for (std::int64_t i = 0; i < size(); ++i)
        signature = mix(signature, hashOf(name(i)), bytes(i));
    for (const std::string& each : classes_)
        signature = mix(signature, hashOf(each));
    for (const std::int32_t label : labels_)
        signature = mix(signature, static_cast<std::uint64_t>(label));
    fingerprint_ = hexadecimal(signature);
}

/// Collects names, then reads headers and keeps what is readable.
class DatasetBuilder {
public:
    DatasetBuilder(const fs::path& source, JobControl& control) : source_(source), control_(control) {}

    ImageDataset build() {
        std::error_code code;
        const bool isFolder = fs::is_directory(source_, code);
        if (code && code != std::errc::no_such_file_or_directory)
            throw Error("it cannot be read (" + code.message() + ")", source_.string(),
                        "check its name and permissions");
        found_.root_ = kept_.root_ = isFolder ? source_ : source_.parent_path();
        control_.setTotal(0, "images");
        isFolder ? collectFolder() : collectList();
        readHeaders();
        if (kept_.size() == 0) fail();
        if (isFolder) {
            labelByFolder();
        } else if (!labelNames_.empty()) {
            sortLabels();
        }
        kept_.sign();
        return std::move(kept_);
    }

private:
    void addFound(std::string_view name) {
        found_.names_ += name;
        found_.ends_.push_back(found_.names_.size());
    }

    void reject(std::string_view name, std::int64_t line, const std::string& reason) {
        if (kept_.unreadableCount_++ >= static_cast<std::int64_t>(ImageDataset::kMaxListed)) return;
        kept_.unreadable_.push_back({std::string(name), line, reason});
        control_.note("skipped " + kept_.unreadable_.back().describe());
    }

    void collectFolder() {
        visitImages(
            source_, true, control_, [&](const std::string& name) { addFound(name); },
            [&](const FolderListing& listing) {
                // So is a link to an image that is not there, which is visited as well.
                const fs::path name = fs::path(listing.inside).parent_path();
                const bool isImage = hasImageExtension(name) || hasForeignExtension(name);
                if (!listing.failure.empty() && !isImage)
                    reject(listing.inside, 0, "the folder cannot be read (" + listing.failure + ")");
            },
            // Of a format that is not read they are rejected by name: never silently left out.
            {.enters = [&](const std::string& inside) { return !leavesOutRun(inside); },
             .visitsForeign = true});
    }

    /// The pictures in a run's folder, beside the images that it learnt from, are no images to learn from.
    bool leavesOutRun(const std::string& inside) {
        std::error_code code;
        if (!fs::exists(source_ / inside / "run.toml", code)) return false;
        control_.note("left out " + inside + ": it holds a run of dino train");
        return true;
    }

    void collectList() {
        std::int64_t lines = 0;
        readImageList(source_, [&](const ImageListLine& line) {
            control_.poll();
            // A list with labels has one on each line.
            if (lines++ > 0 && line.label.has_value() == labelNames_.empty()) {
                throw Error("line " + std::to_string(line.number) +
                                (line.label ? " has a label, but not those before it"
                                            : " has no label, unlike those before it"),
                            source_.string(), "give every line a tab and a label, or none");
            }
            const int label = line.label ? numberOf(*line.label) : -1;
            if (line.path.empty() || line.path.size() >= PATH_MAX) {
                reject({}, line.number, line.path.empty() ? "there is no path" : "the path is too long");
                return;
            }
            addFound(line.path);
            lines_.push_back(line.number);
            if (line.label) found_.labels_.push_back(label);
        });
    }

    int numberOf(std::string_view label) {
        const auto known = labelNumbers_.find(label);
        if (known != labelNumbers_.end()) return known->second;
        const int number = static_cast<int>(labelNames_.size());
        labelNames_.emplace_back(label);
        labelNumbers_.emplace(labelNames_.back(), number);
        return number;
    }

    void readHeaders() {
        control_.setTotal(found_.size(), "images");
        std::vector<Checked> chunk;
        for (std::int64_t begin = 0; begin < found_.size(); begin += kChunk) {
            control_.poll();
            const std::int64_t end = std::min(found_.size(), begin + kChunk);
            chunk.assign(static_cast<std::size_t>(end - begin), {});
            parallelFor(begin, end, 16, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last && !control_.isCancelled(); ++i) {
                    chunk[static_cast<std::size_t>(i - begin)] = checkHeader(found_.path(i));
                }
            });
            control_.poll();
            for (std::int64_t i = begin; i < end; ++i)
                keep(i, chunk[static_cast<std::size_t>(i - begin)]);
            control_.advance(end - begin);
        }
    }

    void keep(std::int64_t image, const Checked& checked) {
        const auto index = static_cast<std::size_t>(image);
        if (!checked.reason.empty()) {
            reject(found_.name(image), lines_.empty() ? 0 : lines_[index], checked.reason);
            return;
        }
        kept_.add(found_.name(image), checked.width, checked.height, checked.bytes);
        if (!found_.labels_.empty()) kept_.labels_.push_back(found_.labels_[index]);
    }

    [[noreturn]] void fail() const {
        const std::string skipped = kept_.unreadableCount_ == 0
                                        ? ""
                                        : ": " + std::to_string(kept_.unreadableCount_) +
                                              " cannot be read, the first being " +
                                              kept_.unreadable_[0].describe();
        throw Error("there is no readable image here" + skipped, source_.string(),
                    "name a folder with JPEG or PNG images, or a file that lists some");
    }

    void labelByFolder() {
        std::string_view last;
        for (std::int64_t i = 0; i < kept_.size(); ++i) {
            const std::string_view name = kept_.name(i);
            const auto slash = name.find('/');
            if (slash == std::string_view::npos) {
                forgetLabels();
                return;
            }
            // A folder's images follow each other.
            if (name.substr(0, slash) != last) kept_.classes_.emplace_back(name.substr(0, slash));
            last = name.substr(0, slash);
            kept_.labels_.push_back(static_cast<std::int32_t>(kept_.classes_.size()) - 1);
        }
        if (kept_.classes_.size() < 2) forgetLabels();
    }

    void forgetLabels() {
        kept_.classes_ = {};
        kept_.labels_ = {};
    }

    /// Classes come in natural order, however the list is sorted.
    void sortLabels() {
        std::vector<int> order(labelNames_.size());
        std::iota(order.begin(), order.end(), 0);
        const auto nameOf = [&](int number) -> const std::string& {
            return labelNames_[static_cast<std::size_t>(number)];
        };
        std::sort(order.begin(), order.end(),
                  [&](int a, int b) { return naturalLess(nameOf(a), nameOf(b)); });
        std::vector<std::int32_t> place(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            place[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
            kept_.classes_.push_back(nameOf(order[i]));
        }
        for (std::int32_t& label : kept_.labels_)
            label = place[static_cast<std::size_t>(label)];
    }

    const fs::path& source_;
    JobControl& control_;
    ImageDataset found_;
    ImageDataset kept_;
    std::vector<std::int64_t> lines_;  ///< of found_, where a list tells
    std::vector<std::string> labelNames_;
    std::map<std::string, int, std::less<>> labelNumbers_;
};

ImageDataset ImageDataset::scan(const fs::path& source, JobControl& control) {
    return DatasetBuilder(source, control).build();
}

}  // namespace dinoscope
