#include "engine/ssl/augment/crop_loader.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/ssl/augment/apply_crop.h"
#include "engine/ssl/augment/crop_plan.h"

namespace dinoscope {

namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(50);

void checkNumber(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= low && value <= high) return;
    throw UsageError(
        std::to_string(value) + " is not between " + std::to_string(low) + " and " + std::to_string(high),
        option, "choose a number in that range");
}

CropLoaderOptions checked(CropLoaderOptions options) {
    options.check();
    return options;
}

std::int64_t imagesOfStep(const CropLoaderOptions& options) {
    return std::int64_t{options.batch} * options.batchesPerStep;
}

}  // namespace

/// A batch that is begun.
struct CropLoader::Pending {
    CropBatch batch;
    std::shared_ptr<CropBuffers> buffers;
    std::vector<std::vector<BadImage>> bad;  ///< [batch]
    std::size_t begun = 0;                   ///< images
    std::size_t finished = 0;
    std::exception_ptr failure;  ///< of the first image that failed
    std::size_t failedSlot = std::numeric_limits<std::size_t>::max();

    std::size_t size() const { return batch.wanted.size(); }
    bool isFinished() const { return finished == size(); }
    void fail(std::size_t slot, std::exception_ptr thrown) {
        if (slot >= failedSlot) return;
        failedSlot = slot;
        failure = std::move(thrown);
    }
};

void CropLoaderOptions::check() const {
    constexpr int kMany = 1 << 20;
    crops.check();
    checkNumber("--batch-size-per-gpu", batch, 1, kMany);
    checkNumber("--accumulate", batchesPerStep, 1, kMany);
    checkNumber("processes", shares, 1, batchesPerStep);
    checkNumber("process", share, 0, shares - 1);
    checkNumber("batches of a step that are left over", batchesPerStep % shares, 0, 0);
    checkNumber("--num-workers", workers, 0, kMostLoaderThreads);
    checkNumber("batches ahead", batchesAhead, 1, 1024);
    checkNumber("--cache", cacheBytes, 0, std::numeric_limits<std::int64_t>::max());
}

CropLoader::CropLoader(const ImageDataset& dataset, CropLoaderOptions options)
    : dataset_(dataset),
      options_(checked(std::move(options))),
      sampler_(dataset.size(), imagesOfStep(options_), options_.seed),
      source_(dataset, sampler_, options_.cacheBytes),
      pool_(options_.crops, options_.batch, options_.allocate, options_.place) {}

CropLoader::~CropLoader() {
    stop();
}

void CropLoader::start(std::int64_t epoch, std::int64_t firstBatch, std::int64_t endEpoch,
                       const std::vector<std::int64_t>& bad) {
    stop();
    if (epoch < 0 || firstBatch < 0 || firstBatch > batchesPerEpoch()) {
        throw Error("there is no batch " + std::to_string(firstBatch) + " in epoch " + std::to_string(epoch) +
                    " of " + std::to_string(batchesPerEpoch()) + " batches");
    }
    source_.forget();
    source_.remember(bad);
    taken_ = opened_ = epoch * batchesPerEpoch() + firstBatch + options_.share;
    end_ = endEpoch * batchesPerEpoch();
    stopping_ = false;
    for (int worker = 0; worker < options_.workers; ++worker)
        threads_.emplace_back([this] { work(); });
}

void CropLoader::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
    threads_.clear();
    pending_.clear();
    failure_ = nullptr;
    end_ = opened_ = taken_;
}

/// Begins the next batch: whose images it will hold.
std::unique_ptr<CropLoader::Pending> CropLoader::open() {
    auto pending = std::make_unique<Pending>();
    CropBatch& batch = pending->batch;
    batch.epoch = opened_ / batchesPerEpoch();
    batch.index = opened_ % batchesPerEpoch();
    if (orderEpoch_ != batch.epoch) {
        order_ = std::make_shared<const std::vector<std::uint32_t>>(sampler_.order(batch.epoch));
        orderEpoch_ = batch.epoch;
    }
    const std::int64_t first = batch.index * options_.batch;
    const auto count = static_cast<std::size_t>(options_.batch);
    const auto begin = order_->begin() + first;
    batch.wanted.assign(begin, begin + options_.batch);
    pending->bad.resize(count);
    batch.images.resize(count);
    batch.labels.resize(count);
    pending->buffers = pool_.acquire();
    opened_ += options_.shares;
    return pending;
}

/// Makes all views of one image, or what they are made of. A bad image's place in chance is kept: its key
/// serves the one in its place, which therefore is not seen twice alike.
void CropLoader::fill(Pending& pending, std::size_t slot, CropMaker& maker) {
    CropBatch& batch = pending.batch;
    const std::int64_t wanted = batch.wanted[slot];
    const std::uint64_t key = imageKey(options_.seed, batch.epoch, wanted);
    ImageSource::Loaded loaded = source_.load(batch.epoch, wanted);
    const Image& image = *loaded.pixels;
    batch.images[slot] = loaded.image;
    batch.labels[slot] = dataset_.label(loaded.image);
    pending.bad[slot] = std::move(loaded.bad);
    std::vector<CropPlan> plans;
    for (int view = 0; view < options_.crops.views(); ++view)
        plans.push_back(drawCropPlan(options_.crops, image.width, image.height, view, key));
    if (options_.place == CropPlace::Processor) return makeCrops(pending, slot, image, plans, maker);
    CropBuffers& buffers = *pending.buffers;
    buffers.sources[slot] = makeCropSource(image, plans, options_.crops, *buffers.store);
}

void CropLoader::makeCrops(Pending& pending, std::size_t slot, const Image& image,
                           const std::vector<CropPlan>& plans, CropMaker& maker) {
    const MultiCropOptions& crops = options_.crops;
    for (int view = 0; view < crops.views(); ++view) {
        const int size = crops.sizeOf(view);
        const std::size_t floats = 3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
        float* group = crops.isGlobal(view) ? pending.buffers->globals.get() : pending.buffers->locals.get();
        const auto place = static_cast<std::size_t>(crops.isGlobal(view) ? view : view - crops.globalCrops);
        maker.make(image, plans[static_cast<std::size_t>(view)], size,
                   group + (place * pending.size() + slot) * floats);
    }
}

bool CropLoader::hasWork() const {
    if (!pending_.empty() && pending_.back()->begun < pending_.back()->size()) return true;
    return opened_ < end_ && pending_.size() < static_cast<std::size_t>(options_.batchesAhead);
}

void CropLoader::work() {
    std::unique_lock lock(mutex_);
    try {
        setThreadCount(1);
        workUntilStopped(lock);
    } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        if (!failure_) failure_ = std::current_exception();
        ready_.notify_all();
    }
}

void CropLoader::workUntilStopped(std::unique_lock<std::mutex>& lock) {
    CropMaker maker;
    while (true) {
        work_.wait(lock, [this] { return stopping_ || hasWork(); });
        if (stopping_) return;
        if (pending_.empty() || pending_.back()->begun == pending_.back()->size()) pending_.push_back(open());
        Pending& pending = *pending_.back();
        const std::size_t slot = pending.begun++;
        lock.unlock();
        std::exception_ptr failure;
        try {
            fill(pending, slot, maker);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (failure) pending.fail(slot, failure);
        ++pending.finished;
        if (pending.isFinished()) ready_.notify_all();
    }
}

std::unique_ptr<CropLoader::Pending> CropLoader::takeFinished(JobControl& control, double& waited) {
    using Clock = std::chrono::steady_clock;
    std::unique_lock lock(mutex_);
    const auto isReady = [this] { return failure_ || (!pending_.empty() && pending_.front()->isFinished()); };
    while (true) {
        const auto start = Clock::now();
        const bool ready = ready_.wait_for(lock, kPollInterval, isReady);
        waited += std::chrono::duration<double>(Clock::now() - start).count();
        if (ready) break;
        lock.unlock();
        control.poll();
        lock.lock();
    }
    // What was finished before the failure is still good.
    if (pending_.empty() || !pending_.front()->isFinished()) std::rethrow_exception(failure_);
    auto pending = std::move(pending_.front());
    pending_.pop_front();
    work_.notify_all();
    return pending;
}

std::unique_ptr<CropLoader::Pending> CropLoader::makeHere(JobControl& control) {
    auto pending = open();
    std::mutex mutex;
    const std::int64_t grain = std::max(1, options_.batch / (4 * threadCount()));
    parallelFor(0, options_.batch, grain, [&](std::int64_t first, std::int64_t last) {
        CropMaker maker;
        for (auto slot = static_cast<std::size_t>(first); slot < static_cast<std::size_t>(last); ++slot) {
            if (control.isCancelled()) return;
            try {
                fill(*pending, slot, maker);
            } catch (...) {
                const std::lock_guard lock(mutex);
                pending->fail(slot, std::current_exception());
            }
        }
    });
    return pending;
}

/// What is known to be bad is that of the batches handed out, whatever the workers saw by then: so it is the
/// same for any number of them.
CropBatch CropLoader::deliver(Pending& pending) {
    std::set<std::int64_t> found;
    std::vector<std::int64_t> unreadable;
    for (std::vector<BadImage>& slot : pending.bad) {
        for (BadImage& bad : slot) {
            if (source_.isRemembered(bad.image) || !found.insert(bad.image).second) continue;
            if (!bad.isMissing) unreadable.push_back(bad.image);
            pending.batch.bad.push_back(std::move(bad));
        }
    }
    source_.remember(unreadable);
    pending.batch.buffers = std::move(pending.buffers);
    taken_ += options_.shares;
    return std::move(pending.batch);
}

std::optional<CropBatch> CropLoader::next(JobControl& control) {
    control.poll();
    if (taken_ >= end_) return std::nullopt;
    double waited = 0;
    std::unique_ptr<Pending> pending;
    try {
        if (options_.workers > 0) {
            pending = takeFinished(control, waited);
        } else {
            const auto start = std::chrono::steady_clock::now();
            pending = makeHere(control);
            if (control.isCancelled()) {
                opened_ = taken_;  // half made: the next call begins anew
                control.poll();
            }
            waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        }
        if (pending->failure) std::rethrow_exception(pending->failure);
    } catch (const Cancelled&) {
        throw;
    } catch (...) {
        stop();
        throw;
    }
    CropBatch batch = deliver(*pending);
    batch.waitSeconds = waited;
    return batch;
}

}  // namespace dinoscope
