#include "engine/train/run/doctor.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>

#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

using Steps = std::span<const StepMetrics>;

constexpr std::size_t kWindow = 50;     ///< steps whose median is "now"
constexpr std::size_t kPatience = 100;  ///< steps past the warm-ups before a run must show something
// Shares of ln K.
constexpr double kUniformEntropy = 0.995;
constexpr double kNoKl = 0.005;
constexpr double kLeftUniform = 0.97;
constexpr double kOneDimension = 0.02;
constexpr double kHighEntropy = 0.9;
constexpr double kProgress = 0.01;
constexpr double kAboveLnK = 1.1;
// "Anything above 0.07 is unstable" (main_dino.py, --teacher_temp).
constexpr double kHighestTeacherTemp = 0.07;
constexpr double kLowestMomentum = 0.9;
constexpr double kStillRandom = 0.5;
constexpr double kRateRatio = 4;
constexpr double kKlFalls = 0.9;
constexpr double kDataWait = 0.2;

std::string shown(double value, int digits = 3) {
    char text[32];
    return {text, std::to_chars(text, std::end(text), value, std::chars_format::general, digits).ptr};
}

double median(Steps steps, double StepMetrics::*field) {
    std::vector<double> values;
    values.reserve(steps.size());
    for (const StepMetrics& step : steps)
        values.push_back(step.*field);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

bool isFinite(const StepMetrics& step) {
    return std::isfinite(step.loss) && std::isfinite(step.gradientNorm) &&
           std::isfinite(step.teacherEntropy) && std::isfinite(step.kl);
}

/// What the rules look at. Only made of finite steps, at least kWindow of them.
class Course {
public:
    Course(Steps steps, const OptionValues& options) : steps_(steps), options_(options) {
        const std::int64_t warmup =
            std::max(options.integer("warmup-epochs"), options.integer("freeze-last-layer"));
        const auto first = std::partition_point(
            steps.begin(), steps.end(), [warmup](const StepMetrics& step) { return step.epoch < warmup; });
        settled_ = steps.subspan(static_cast<std::size_t>(first - steps.begin()));
        now_ = steps.last(kWindow);
        isDino_ = options.text("objective") == "dino";
        isCrossEntropy_ = options.text("loss") == "cross-entropy";
        const StepMetrics& start = steps.front();
        lnK_ = start.lossBelowLnK == kNotMeasured ? 0 : start.loss + start.lossBelowLnK;
        if (!std::isfinite(lnK_) || lnK_ <= 0) {
            // How many classes the supervised objective has is not among the options.
            lnK_ = isDino_ ? std::log(static_cast<double>(options.integer("out-dim"))) : steps.front().loss;
        }
        loss_ = median(now_, &StepMetrics::loss);
        entropy_ = median(now_, &StepMetrics::teacherEntropy);
        kl_ = median(now_, &StepMetrics::kl);
    }

    std::vector<Diagnosis> diagnoses() const {
        std::vector<Diagnosis> found;
        const auto add = [&found](std::optional<Diagnosis> one) {
            if (one) found.push_back(std::move(*one));
        };
        add(diverging());
        if (isDino_) {
            add(oneDimension());
            add(uniform());
            add(stuck());
            add(teacherTemperature());
            add(momentumTooLow());
            add(momentumTooHigh());
            // Of a run that is lost already the loss says nothing about its batch.
            const bool isLost = std::any_of(found.begin(), found.end(), [](const Diagnosis& one) {
                return one.severity == Severity::Critical;
            });
            if (!isLost) add(batchTooSmall());
        }
        add(dataBound());
        return found;
    }

private:
    Diagnosis make(const char* id, Severity severity, std::string sentence, const char* option,
                   std::string value) const {
        return {id, severity, std::move(sentence), option, std::move(value), steps_.back().step};
    }

    bool hadItsTime() const { return settled_.size() >= kPatience; }
    bool isUniformNow() const {
        return hadItsTime() && entropy_ > kUniformEntropy * lnK_ && kl_ < kNoKl * lnK_;
    }

    /// Whether the teacher grew surer than its random weights are, or left ln K after it had been there. What
    /// it starts with says nothing: random outputs at a low temperature are far from uniform.
    bool leftUniform() const {
        bool wasUniform = false;
        double start = 0;
        for (std::size_t at = 0; at + kWindow <= steps_.size(); at += kWindow) {
            const double entropy = median(steps_.subspan(at, kWindow), &StepMetrics::teacherEntropy);
            if (at == 0) start = entropy;
            const double surer = std::min(kLeftUniform * lnK_, start - (1 - kLeftUniform) * lnK_);
            if (entropy < (wasUniform ? kLeftUniform * lnK_ : surer)) return true;
            wasUniform = wasUniform || entropy > kUniformEntropy * lnK_;
        }
        return false;
    }

    /// A learning rate so low that the loss has stayed at ln K; the centre moves entropy and KL all the same.
    bool hardlyMoves() const {
        if (!hadItsTime() || !isCrossEntropy_ || isUniformNow()) return false;
        return options_.real("lr") < referenceRate() / 10 && lnK_ - loss_ < (1 - kLeftUniform) * lnK_;
    }

    bool nothingSharpens() const {
        return !options_.flag("sharpening") ||
               median(now_, &StepMetrics::teacherTemp) >= 0.9 * options_.real("student-temp");
    }

    std::string lowerTeacherTemp() const {
        const double temperature = median(now_, &StepMetrics::teacherTemp);
        return temperature > 0.041 ? "0.04" : shown(temperature / 2);
    }

    std::optional<Diagnosis> diverging() const {
        if (steps_.size() < 2 * kWindow) return std::nullopt;
        const double before = median(steps_.last(2 * kWindow).first(kWindow), &StepMetrics::loss);
        const double start = median(steps_.first(kWindow), &StepMetrics::loss);
        if (!(isCrossEntropy_ || !isDino_) || loss_ < kAboveLnK * std::max(start, lnK_) || loss_ < before) {
            return std::nullopt;
        }
        return make("diverging", Severity::Critical,
                    "the loss is " + shown(loss_) + " and rising, well above the " + shown(lnK_) +
                        " of knowing nothing",
                    "lr", shown(options_.real("lr") / 4));
    }

    std::optional<Diagnosis> oneDimension() const {
        // The squared distance has no targets whose entropy could be at 0: it is told as 0 from the start.
        if (!isCrossEntropy_ || options_.text("targets") == "sinkhorn") return std::nullopt;
        if (entropy_ > kOneDimension * lnK_ || kl_ > 2 * kOneDimension * lnK_) return std::nullopt;
        const std::string seen = "the teacher puts every image on one of its dimensions: its entropy is " +
                                 shown(entropy_) + ", " + shown(lnK_) + " would be all alike";
        const auto advise = [&](const char* option, std::string value) {
            return make("one-dimension-collapse", Severity::Critical, seen, option, std::move(value));
        };
        if (!options_.flag("centring")) return advise("centring", "true");
        if (options_.real("centre-momentum") > 0.99) return advise("centre-momentum", "0.9");
        const double temperature = median(now_, &StepMetrics::teacherTemp);
        if (temperature < 0.04) return advise("teacher-temp", "0.04");
        return advise("lr", shown(options_.real("lr") / 4));
    }

    std::optional<Diagnosis> uniform() const {
        if (!isUniformNow() || !(leftUniform() || nothingSharpens())) return std::nullopt;
        const std::string seen =
            "the teacher finds all its dimensions alike for every image: its entropy is at ln K (" +
            shown(entropy_) + " of " + shown(lnK_) + ")";
        if (!options_.flag("sharpening")) {
            return make("uniform-collapse", Severity::Critical, seen, "sharpening", "true");
        }
        return make("uniform-collapse", Severity::Critical, seen, "teacher-temp", lowerTeacherTemp());
    }

    std::optional<Diagnosis> stuck() const {
        const bool atLnK = lnK_ - loss_ < kNoKl * lnK_ * 2;
        const bool isVague = isUniformNow() && atLnK && !leftUniform() && !nothingSharpens();
        if (!isVague && !hardlyMoves()) return std::nullopt;
        const std::string seen = "the loss has stayed at ln K (" + shown(loss_) +
                                 ") since the start, past the warm-up: the student has learnt nothing";
        const auto advise = [&](const char* option, std::string value) {
            return make("stuck", Severity::Warning, seen, option, std::move(value));
        };
        if (options_.real("lr") < referenceRate() / 10) return advise("lr", shown(referenceRate()));
        if (options_.real("lr") > kRateRatio * referenceRate()) return advise("lr", shown(referenceRate()));
        if (median(now_, &StepMetrics::teacherTemp) > 0.041) return advise("teacher-temp", "0.04");
        if (options_.integer("freeze-last-layer") == 0) return advise("freeze-last-layer", "1");
        if (!options_.flag("norm-last-layer")) return advise("norm-last-layer", "true");
        return advise("warmup-teacher-temp", lowerTeacherTemp());
    }

    std::optional<Diagnosis> teacherTemperature() const {
        const double temperature = median(now_, &StepMetrics::teacherTemp);
        const bool isHigh = temperature > kHighestTeacherTemp * 1.001 && options_.flag("sharpening");
        if (!hadItsTime() || !isHigh || entropy_ < kHighEntropy * lnK_) return std::nullopt;
        return make("teacher-temp-too-high", Severity::Warning,
                    "the teacher's temperature is " + shown(temperature) +
                        " and its answers are nearly uniform (entropy " + shown(entropy_) + " of " +
                        shown(lnK_) + "): above 0.07 it is mostly too vague to teach",
                    "teacher-temp", "0.04");
    }

    std::optional<Diagnosis> momentumTooLow() const {
        const bool copies = options_.text("teacher-update") == "copy";
        const bool follows = options_.text("teacher-update") == "ema";
        // As it begins: the schedule brings it to 1 whatever it was.
        const double momentum = median(steps_.first(kWindow), &StepMetrics::momentum);
        if (copies) {
            return make("momentum-too-low", Severity::Warning,
                        "the teacher is a copy of the student, so that nobody is ahead", "teacher-update",
                        "ema");
        }
        if (!follows || momentum >= kLowestMomentum) return std::nullopt;
        return make("momentum-too-low", Severity::Warning,
                    "the teacher forgets itself within " + shown(std::ceil(1 / (1 - momentum))) +
                        " steps (momentum " + shown(momentum, 6) +
                        "), so that it is hardly ahead of the student",
                    "momentum-teacher", "0.996");
    }

    /// The share of its first weights that the teacher still holds is the product of all momenta.
    std::optional<Diagnosis> momentumTooHigh() const {
        if (options_.text("teacher-update") != "ema" || !options_.text("init").empty() || !hadItsTime()) {
            return std::nullopt;
        }
        if (2 * (steps_.back().epoch + 1) <= options_.integer("epochs")) return std::nullopt;
        double logarithm = 0;
        for (const StepMetrics& step : steps_)
            logarithm += std::log(std::max(step.momentum, 1e-9));
        const double left = std::exp(logarithm);
        if (left < kStillRandom) return std::nullopt;
        // Over the cosine schedule the mean of 1 - momentum is half of what it starts with.
        // Two digits of 1 - momentum are as many as anyone would type.
        const double exact = 6.0 / static_cast<double>(steps_.size());
        const double digit = std::pow(10, std::floor(std::log10(exact)) - 1);
        const double step = std::min(0.1, digit * std::round(exact / digit));
        return make("momentum-too-high", Severity::Warning,
                    "half of the run is over, and " + shown(100 * left) +
                        " % of the teacher is still its random start: it follows too slowly for so few steps",
                    "momentum-teacher", shown(1 - step, 6));
    }

    double referenceRate() const {
        const std::string& optimizer = options_.text("optimizer");
        return optimizer == "sgd" ? 0.03 : optimizer == "lars" ? 0.3 : 0.0005;
    }

    std::optional<Diagnosis> batchTooSmall() const {
        const double ratio = options_.real("lr") / referenceRate();
        if (!hadItsTime() || ratio <= kRateRatio) return std::nullopt;
        const double early = median(settled_.first(kWindow), &StepMetrics::loss);
        if (loss_ < early - kProgress * lnK_) return std::nullopt;
        // At first a healthy student finds its teacher's random answers while these become alike: the loss
        // rises to ln K, and KL falls.
        if (kl_ < kKlFalls * median(settled_.first(kWindow), &StepMetrics::kl)) return std::nullopt;
        const std::int64_t images = stepImages(options_);
        return make("batch-too-small", Severity::Warning,
                    std::to_string(images) + " images a step are too few for this learning rate, " +
                        shown(ratio) + " times the reference's for as many: the loss does not fall (" +
                        shown(early) + " after the warm-up, " + shown(loss_) + " now)",
                    "lr", shown(referenceRate()));
    }

    std::optional<Diagnosis> dataBound() const {
        const double wait = median(now_, &StepMetrics::dataWait);
        if (wait < kDataWait) return std::nullopt;
        const std::string seen = shown(100 * wait) + " % of the time is spent waiting for images";
        if (options_.integer("num-workers") != 0) {
            return make("data-bound", Severity::Note, seen, "num-workers", "0");
        }
        if (options_.integer("cache-memory") != -1) {
            return make("data-bound", Severity::Note, seen, "cache-memory", "-1");
        }
        return make("data-bound", Severity::Note,
                    seen + ": images stored smaller decode faster, and a larger cache holds more of them",
                    "cache-memory", "8192");
    }

    Steps steps_;
    const OptionValues& options_;
    Steps settled_;  ///< past the warm-ups of learning rate and last layer
    Steps now_;
    double lnK_ = 0;
    double loss_ = 0;
    double entropy_ = 0;
    double kl_ = 0;
    bool isDino_ = true;
    bool isCrossEntropy_ = true;
};

}  // namespace

std::string name(Severity severity) {
    switch (severity) {
        case Severity::Note:
            return "note";
        case Severity::Warning:
            return "warning";
        case Severity::Critical:
            break;
    }
    return "critical";
}

std::vector<Diagnosis> diagnose(Steps steps, const OptionValues& options) {
    const auto broken = std::find_if_not(steps.begin(), steps.end(), isFinite);
    if (broken != steps.end()) {
        return {{"diverging", Severity::Critical,
                 "step " + std::to_string(broken->step) + " has no finite numbers (loss " +
                     shown(broken->loss) + ", gradient norm " + shown(broken->gradientNorm) + ")",
                 "lr", shown(options.real("lr") / 4), broken->step}};
    }
    if (steps.size() < kWindow) return {};
    std::vector<Diagnosis> found = Course(steps, options).diagnoses();
    std::stable_sort(found.begin(), found.end(),
                     [](const Diagnosis& a, const Diagnosis& b) { return a.severity > b.severity; });
    return found;
}

}  // namespace dinoscope
