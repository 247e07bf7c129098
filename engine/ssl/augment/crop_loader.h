#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/job.h"
#include "engine/data/epoch_sampler.h"
#include "engine/data/image_source.h"
#include "engine/ssl/augment/crop_batch.h"
#include "engine/ssl/augment/multi_crop.h"

namespace dinoscope {

/// Threads that a loader may have: the greatest --num-workers.
inline constexpr int kMostLoaderThreads = 1024;

struct CropLoaderOptions {
    MultiCropOptions crops;
    std::uint64_t seed = 0;
    int batch = 64;          ///< images of a batch
    int batchesPerStep = 1;  ///< that are accumulated for one optimizer step
    // Of processes that share a step each makes every shares-th batch, from batch `share` on.
    int share = 0;
    int shares = 1;        ///< divides batchesPerStep
    int workers = 2;       ///< threads that make batches ahead; 0: next() makes them, on all its threads
    int batchesAhead = 2;  ///< begun or finished and not yet taken
    std::int64_t cacheBytes = 0;             ///< for decoded images
    CropAllocator allocate;                  ///< empty: ordinary memory
    CropPlace place = CropPlace::Processor;  ///< Device: batches have sources instead of crops

    /// Throws UsageError that names what is out of range.
    void check() const;
};

/// Makes batches of crops, or of what a device makes them of, in the background and hands them out in order.
/// What is in them depends on the dataset, the options but for workers, batchesAhead and cacheBytes, and the
/// place in the epoch alone.
class CropLoader {
public:
    /// Keeps a reference to the dataset. Throws Error if it has fewer images than a step.
    CropLoader(const ImageDataset& dataset, CropLoaderOptions options);
    /// Waits for the images that are being made (one a worker).
    ~CropLoader();
    CropLoader(const CropLoader&) = delete;
    CropLoader& operator=(const CropLoader&) = delete;

    std::int64_t stepsPerEpoch() const { return sampler_.steps(); }
    std::int64_t batchesPerEpoch() const { return sampler_.steps() * options_.batchesPerStep; }

    /// Begins with the step of batch `firstBatch`, its first, of `epoch`; after the last batch of an epoch
    /// the next one follows, up to but without `endEpoch`. `bad` are the images known to be unreadable,
    /// badImages() of a checkpoint. What was under way is dropped.
    void start(std::int64_t epoch, std::int64_t firstBatch, std::int64_t endEpoch,
               const std::vector<std::int64_t>& bad = {});
    /// Ends the threads, as the destructor does.
    void stop();

    /// The next batch, empty at the end. Throws what making it threw (the loader is stopped then), and
    /// Cancelled, after which it may be called again. Polls every 50 ms; between images where workers = 0.
    std::optional<CropBatch> next(JobControl& control);

    /// Unreadable images of all batches handed out so far and those given to start(), in ascending order.
    /// Those that were missing are not among them: what comes back is shown again.
    std::vector<std::int64_t> badImages() const { return source_.remembered(); }
    std::int64_t cachedBytes() const { return source_.cachedBytes(); }

private:
    struct Pending;

    std::unique_ptr<Pending> open();
    void fill(Pending& pending, std::size_t slot, class CropMaker& maker);
    void makeCrops(Pending& pending, std::size_t slot, const Image& image, const std::vector<CropPlan>& plans,
                   class CropMaker& maker);
    bool hasWork() const;
    void work();
    void workUntilStopped(std::unique_lock<std::mutex>& lock);
    std::unique_ptr<Pending> takeFinished(JobControl& control, double& waited);
    std::unique_ptr<Pending> makeHere(JobControl& control);
    CropBatch deliver(Pending& pending);

    const ImageDataset& dataset_;
    const CropLoaderOptions options_;
    const EpochSampler sampler_;
    ImageSource source_;
    CropBufferPool pool_;

    std::vector<std::thread> threads_;
    std::int64_t taken_ = 0;  ///< the next batch to hand out, counted from epoch 0

    std::mutex mutex_;
    std::condition_variable work_;   ///< there is something to make, or to stop for
    std::condition_variable ready_;  ///< the first batch is finished, or something failed
    // Guarded by mutex_ while there are threads.
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::deque<std::unique_ptr<Pending>> pending_;  ///< in order; only the last may have images to begin
    std::int64_t opened_ = 0;                       ///< the next batch to begin
    std::int64_t end_ = 0;
    std::int64_t orderEpoch_ = -1;
    std::shared_ptr<const std::vector<std::uint32_t>> order_;  ///< of orderEpoch_
};

}  // namespace dinoscope
