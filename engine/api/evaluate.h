#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/gallery.h"
#include "engine/image/image.h"

namespace dinoscope::api {

/// Rows are the true classes, columns what was predicted; both in the order of the training classes.
struct ConfusionMatrix {
    std::vector<std::string> classes;
    std::vector<std::int64_t> counts;  ///< [classes, classes]

    std::int64_t count(std::size_t truth, std::size_t predicted) const {
        return counts[truth * classes.size() + predicted];
    }
};

struct ClassScore {
    std::string name;
    std::int64_t images = 0;  ///< of the validation set
    double top1 = 0;          ///< percent
    double top5 = 0;
};

/// What both evaluations tell of their images.
struct EvaluationSets {
    std::string train;
    std::string val;
    std::int64_t trainImages = 0;
    std::int64_t valImages = 0;
    std::vector<SkippedImage> skipped;  ///< of both sets; of those without a readable header 1000 a set
    std::int64_t skippedCount = 0;      ///< all of them
    std::int64_t sharedImages = 0;      ///< files of both sets: what is found of them is no test
    std::string model;
    std::string variant;      ///< what its name does not tell: "student, epoch 12", "seed 5"; may be empty
    std::string fingerprint;  ///< of its weights, 32 hexadecimal digits
    /// Key and value of the options that are not as by default, of those that what is found depends on.
    std::vector<std::pair<std::string, std::string>> chosen;
    std::int64_t dim = 0;
    Placement placement;
};

struct KnnScore {
    std::int64_t k = 0;
    double top1 = 0;  ///< percent
    double top5 = 0;  ///< of k < 5: among the first k, as the reference has it
};

struct KnnReport {
    EvaluationSets sets;
    double temperature = 0.07;
    std::vector<KnnScore> results;
    std::vector<std::int64_t> leftOut;  ///< values of k above the number of training images
    std::int64_t bestK = 0;             ///< which the two below are of
    std::vector<ClassScore> classes;
    ConfusionMatrix confusion;
};

struct LinearReport {
    EvaluationSets sets;
    std::string method;       ///< "lbfgs" or "sgd"
    double penalty = 0;       ///< of lbfgs: the L2 penalty chosen on a tenth of the training images
    std::int64_t epochs = 0;  ///< of sgd
    double learningRate = 0;  ///< of sgd: after scaling by the batch
    double top1 = 0;          ///< percent
    double top5 = 0;
    std::vector<ClassScore> classes;
    ConfusionMatrix confusion;
};

/// Options of `dino knn`: --train, --val (folders of class folders, or lists with labels) or --data, -k,
/// --temperature,
/// --resize, --crop, --confusion (a picture), the model's and the common ones.
const OptionSchema& knnOptions();
/// Options of `dino linear`: the same data, and --method, --n-last-blocks, --average-pool, --penalty,
/// --epochs, --lr, --batch-size-per-gpu.
const OptionSchema& linearOptions();

/// Throws UsageError where an option is set that is the other method's, and would be passed over. For command
/// lines: a form keeps what it hides.
void requireOptionsOfMethod(const OptionValues& linear);

/// Weighted k-NN accuracy (Wu et al. 2018; eval_knn.py of facebookresearch/dino). Engine thread. Polls
/// between images; progress counts images. Throws Error for folders without classes, and where a validation
/// class has no training images.
KnnReport evaluateKnn(const OptionValues& options, JobControl& control);

/// Linear-probe accuracy (eval_linear.py of facebookresearch/dino), by L-BFGS on features computed once or by
/// the reference's SGD recipe with its augmentation. On the same terms.
LinearReport evaluateLinear(const OptionValues& options, JobControl& control);

/// The documents of `dino knn --json` and `dino linear --json`.
std::string toJson(const KnnReport& report);
std::string toJson(const LinearReport& report);
/// class,images,top1,top5; quoted as RFC 4180 says.
std::string toCsv(const std::vector<ClassScore>& classes);

/// The matrix as a picture: a cell a pair of classes, coloured by its share of the row, dark to light.
Image confusionPicture(const ConfusionMatrix& confusion);

}  // namespace dinoscope::api
