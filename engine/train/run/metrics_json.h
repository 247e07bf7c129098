#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/train/run/metrics.h"

namespace dinoscope {

// The fields of a record and their names, said once for writing and reading. Internal.

template <typename Record>
struct MetricField {
    std::string_view name;
    double Record::*number = nullptr;
    std::int64_t Record::*count = nullptr;
    std::string Record::*text = nullptr;
    bool optional = false;  ///< left out where kNotMeasured
};

template <typename Record>
constexpr MetricField<Record> numberField(std::string_view name, double Record::*member,
                                          bool optional = false) {
    return {name, member, nullptr, nullptr, optional};
}
template <typename Record>
constexpr MetricField<Record> countField(std::string_view name, std::int64_t Record::*member) {
    return {name, nullptr, member, nullptr, false};
}
template <typename Record>
constexpr MetricField<Record> textField(std::string_view name, std::string Record::*member) {
    return {name, nullptr, nullptr, member, false};
}

inline constexpr std::array kStepFields{countField("step", &StepMetrics::step),
                                        countField("epoch", &StepMetrics::epoch),
                                        numberField("loss", &StepMetrics::loss),
                                        numberField("teacher_entropy", &StepMetrics::teacherEntropy),
                                        numberField("kl", &StepMetrics::kl),
                                        numberField("loss_below_ln_k", &StepMetrics::lossBelowLnK, true),
                                        numberField("teacher_temp", &StepMetrics::teacherTemp),
                                        numberField("lr", &StepMetrics::learningRate),
                                        numberField("weight_decay", &StepMetrics::weightDecay),
                                        numberField("momentum", &StepMetrics::momentum),
                                        numberField("gradient_norm", &StepMetrics::gradientNorm),
                                        numberField("centre_norm", &StepMetrics::centreNorm),
                                        numberField("images_per_second", &StepMetrics::imagesPerSecond),
                                        numberField("data_wait", &StepMetrics::dataWait),
                                        numberField("memory_bytes", &StepMetrics::memoryBytes),
                                        numberField("seconds", &StepMetrics::seconds)};

/// Those before belong to the numbers that a resume repeats.
inline constexpr std::string_view kFirstTimeField = "images_per_second";

inline constexpr std::array kEpochFields{countField("step", &EpochMetrics::step),
                                         countField("epoch", &EpochMetrics::epoch),
                                         numberField("loss", &EpochMetrics::loss),
                                         numberField("teacher_entropy", &EpochMetrics::teacherEntropy),
                                         numberField("kl", &EpochMetrics::kl),
                                         numberField("knn_top1", &EpochMetrics::knnTop1, true),
                                         numberField("effective_rank", &EpochMetrics::effectiveRank, true),
                                         countField("replaced_images", &EpochMetrics::replacedImages),
                                         numberField("images_per_second", &EpochMetrics::imagesPerSecond),
                                         numberField("data_wait", &EpochMetrics::dataWait),
                                         numberField("seconds", &EpochMetrics::seconds)};

inline constexpr std::array kProbeFields{
    countField("step", &ProbeMetrics::step), countField("epoch", &ProbeMetrics::epoch),
    textField("image", &ProbeMetrics::image), textField("file", &ProbeMetrics::file)};

/// Walks over one JSON object in place. Every function returns false for what is not JSON.
class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

    bool take(char wanted);  ///< after blanks
    bool atEnd();
    bool peek(char wanted);
    bool readName(std::string_view& name);  ///< a text without escapes, in place
    bool readText(std::string& text);       ///< with escapes, to UTF-8
    bool readNumber(double& number);        ///< also null (NaN), "nan", "inf", "-inf"
    bool readCount(std::int64_t& number);
    bool skipValue();  ///< anything, nested up to a limit

private:
    void skipBlanks();
    bool readEscape(std::string& text);
    bool readHex(unsigned& code);

    const char* next_;
    const char* end_;
};

}  // namespace dinoscope
