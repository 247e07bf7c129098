#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/feature_network.h"
#include "engine/neighbours/image_input.h"
#include "engine/neighbours/store/checksum.h"
#include "engine/neighbours/store/gallery_terms.h"

namespace dinoscope {

/// What features are made, and how.
struct FeatureRecipe {
    InputRecipe input;
    FeatureKind kind = FeatureKind::Class;
    int layers = 1;
    bool average = true;  ///< of Concat: the mean of the patches too
    bool unitLength = true;
    bool thumbnails = false;
};

/// What became of one file.
struct StreamedImage {
    std::size_t index = 0;  ///< among the files
    std::int64_t bytes = 0;
    ContentHash content{};
    std::vector<float> feature;  ///< empty where the content was known, or the file failed
    std::vector<std::byte> thumbnail;
    std::string failure;  ///< why it cannot be read, empty where it can
};

/// From image files to features. On the CPU all threads decode and resize a few batches, then all run the
/// network: nobody waits, and the next files are on their way from the disk meanwhile. With a card, the next
/// batches are prepared and brought to it while it computes. Inputs of one size share a batch.
class FeatureStream {
public:
    /// Throws UsageError where the network has no such features, or cannot take such inputs.
    FeatureStream(const FeatureNetwork& network, const FeatureRecipe& recipe);

    /// Whether a file of this content needs no feature. Called from several threads.
    using Knows = std::function<bool(const ContentHash&)>;
    /// Takes images as they are finished, in no order, on the calling thread.
    using Sink = std::function<void(std::vector<StreamedImage>)>;

    /// Polls between batches and blocks of the network, and after each some images are with the sink.
    void run(const std::vector<std::filesystem::path>& files, const Knows& knows, const Sink& sink,
             JobControl& control);

private:
    struct Prepared {
        StreamedImage image;
        NetworkInput input;
    };
    using Chunk = std::vector<Prepared>;
    using Size = std::pair<int, int>;
    struct Computed {
        Chunk batch;
        PendingRows rows;
    };

    Chunk prepare(const std::vector<std::filesystem::path>& files, std::size_t first, const Knows& knows,
                  JobControl& control) const;
    Prepared prepareOne(const std::filesystem::path& file, const Knows& knows) const;
    void sort(Chunk chunk, const Sink& sink, JobControl& control);
    void forward(const Size& size, const Sink& sink, JobControl& control);
    void forwardFullest(const Sink& sink, JobControl& control);
    void deliver(std::size_t leave, const Sink& sink);

    FeatureNetwork network_;
    FeatureRecipe recipe_;
    std::map<Size, Chunk> waiting_;
    std::size_t waitingImages_ = 0;
    std::deque<Computed> computed_;
};

}  // namespace dinoscope
