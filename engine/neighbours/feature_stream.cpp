#include "engine/neighbours/feature_stream.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "engine/base/mapped_file.h"
#include "engine/base/parallel.h"
#include "engine/image/decode.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/input_batch.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchesAtOnce = 4;
constexpr std::size_t kMostWaiting = 256;  // images of sizes that no batch was filled with

/// Asks the system to fetch files from the disk, without waiting for them.
void fetchAhead(const std::vector<fs::path>& files, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < std::min(last, files.size()); ++i) {
        // A pipe that nobody writes to would be waited for.
        const int file = open(files[i].c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) continue;
        posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
        close(file);
    }
}

}  // namespace

FeatureStream::FeatureStream(const FeatureNetwork& network, const FeatureRecipe& recipe)
    : network_(network), recipe_(recipe) {
    recipe_.input.patchSize = network.stride();
    recipe_.input.check();
    network.check(recipe.kind, recipe.layers);
}

void FeatureStream::run(const std::vector<fs::path>& files, const Knows& knows, const Sink& sink,
                        JobControl& control) {
    const int side = recipe_.input.crop > 0 ? recipe_.input.crop : recipe_.input.resize;
    const std::size_t step = kBatchesAtOnce * network_.batchOf(side, side);
    const bool apart = !network_.device().is_cpu();
    const int threads = threadCount();
    const auto start = [&](std::size_t first) {
        return std::async(apart ? std::launch::async : std::launch::deferred, [&, first] {
            if (apart) setThreadCount(threads);
            return prepare(files, first, knows, control);
        });
    };
    fetchAhead(files, 0, step);
    std::future<Chunk> next;
    if (!files.empty()) next = start(0);
    for (std::size_t first = 0; first < files.size(); first += step) {
        control.poll();
        fetchAhead(files, first + step, first + 2 * step);
        Chunk chunk = next.get();
        if (first + step < files.size()) next = start(first + step);
        sort(std::move(chunk), sink, control);
    }
    while (waitingImages_ > 0)
        forwardFullest(sink, control);
    deliver(0, sink);
}

FeatureStream::Chunk FeatureStream::prepare(const std::vector<fs::path>& files, std::size_t first,
                                            const Knows& knows, JobControl& control) const {
    const int side = recipe_.input.crop > 0 ? recipe_.input.crop : recipe_.input.resize;
    const std::size_t last = std::min(files.size(), first + kBatchesAtOnce * network_.batchOf(side, side));
    Chunk chunk(last - first);
    parallelFor(0, static_cast<std::int64_t>(chunk.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end && !control.isCancelled(); ++i) {
            const auto at = static_cast<std::size_t>(i);
            chunk[at] = prepareOne(files[first + at], knows);
            chunk[at].image.index = first + at;
        }
    });
    return chunk;
}

FeatureStream::Prepared FeatureStream::prepareOne(const fs::path& file, const Knows& knows) const {
    Prepared prepared;
    try {
        const std::vector<std::byte> bytes = readFile(file);
        prepared.image.bytes = static_cast<std::int64_t>(bytes.size());
        prepared.image.content = contentHash(bytes);
        if (knows && knows(prepared.image.content)) return prepared;
        const Image image = decodeImage(bytes, file.string());
        prepared.input =
            prepareImage(image, recipe_.input, recipe_.thumbnails ? &prepared.image.thumbnail : nullptr);
    } catch (...) {
        prepared.image.failure = currentError().problem();
        if (prepared.image.failure.empty()) prepared.image.failure = "it cannot be read";
    }
    return prepared;
}

void FeatureStream::sort(Chunk chunk, const Sink& sink, JobControl& control) {
    control.poll();  // a cancelled chunk is not whole
    std::vector<StreamedImage> done;
    for (Prepared& prepared : chunk) {
        if (prepared.input.planes.empty()) {
            done.push_back(std::move(prepared.image));
            continue;
        }
        const Size size{prepared.input.width, prepared.input.height};
        waiting_[size].push_back(std::move(prepared));
        ++waitingImages_;
        if (waiting_[size].size() >= network_.batchOf(size.first, size.second)) forward(size, sink, control);
    }
    while (waitingImages_ > std::max(kMostWaiting, chunk.size()))
        forwardFullest(sink, control);
    if (!done.empty()) sink(std::move(done));
}

void FeatureStream::forwardFullest(const Sink& sink, JobControl& control) {
    const auto fullest = std::max_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
    });
    forward(Size(fullest->first), sink, control);
}

void FeatureStream::forward(const Size& size, const Sink& sink, JobControl& control) {
    Chunk batch = std::move(waiting_[size]);
    waiting_.erase(size);
    waitingImages_ -= batch.size();
    std::vector<const NetworkInput*> inputs;
    for (const Prepared& prepared : batch)
        inputs.push_back(&prepared.input);
    PendingRows rows = network_.start(toBatch(inputs, network_.device()), recipe_.kind, recipe_.layers,
                                      recipe_.average, control);
    for (Prepared& prepared : batch)
        prepared.input.planes = {};
    computed_.push_back({std::move(batch), std::move(rows)});
    // A card has the next batch before the last one's features are waited for.
    deliver(network_.device().is_cpu() ? 0 : 1, sink);
}

void FeatureStream::deliver(std::size_t leave, const Sink& sink) {
    for (; computed_.size() > leave; computed_.pop_front()) {
        at::Tensor rows = computed_.front().rows.get();
        if (recipe_.unitLength) rows = toUnitLength(rows);
        const float* row = rows.const_data_ptr<float>();
        std::vector<StreamedImage> done;
        for (Prepared& prepared : computed_.front().batch) {
            prepared.image.feature.assign(row, row + rows.size(1));
            row += rows.size(1);
            done.push_back(std::move(prepared.image));
        }
        sink(std::move(done));
    }
}

}  // namespace dinoscope
