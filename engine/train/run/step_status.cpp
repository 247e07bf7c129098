#include "engine/train/run/step_status.h"

#include <array>
#include <cstdarg>
#include <cstdio>

namespace dinoscope {

namespace {

[[gnu::format(printf, 2, 3)]] void append(std::string& line, const char* format, ...) {
    std::array<char, 160> text{};
    va_list values;
    va_start(values, format);
    std::vsnprintf(text.data(), text.size(), format, values);
    va_end(values);
    line += text.data();
}

}  // namespace

std::string stepStatus(const StepMetrics& step, double lastKnn) {
    std::string line;
    append(line, "epoch %lld, loss %.3f (entropy %.3f + KL %.3f)", static_cast<long long>(step.epoch + 1),
           step.loss, step.teacherEntropy, step.kl);
    if (lastKnn >= 0) append(line, ", k-NN %.1f %%", lastKnn);
    append(line, ", lr %.2g, teacher T %.3g", step.learningRate, step.teacherTemp);
    append(line, ", %.3g images/s, %.0f %% of the time waiting for them", step.imagesPerSecond,
           100 * step.dataWait);
    append(line, ", %.1f GB", step.memoryBytes / 1e9);
    append(line, ", gradient %.3g, centre %.3g", step.gradientNorm, step.centreNorm);
    if (step.lossBelowLnK != kNotMeasured) append(line, ", ln K - loss %.3g", step.lossBelowLnK);
    append(line, ", weight decay %.3g, momentum %.4f", step.weightDecay, step.momentum);
    return line;
}

}  // namespace dinoscope
