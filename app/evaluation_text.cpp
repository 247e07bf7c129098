#include "app/evaluation_text.h"

#include <algorithm>
#include <cstdio>

namespace dinoscope::app {

void printSets(const api::EvaluationSets& sets, std::size_t classes) {
    std::printf("%lld training images, %lld validation images, %zu classes, %lld dimensions\n",
                static_cast<long long>(sets.trainImages), static_cast<long long>(sets.valImages), classes,
                static_cast<long long>(sets.dim));
    // Which they are is told on stderr as they are met.
    if (sets.skippedCount > 0) {
        std::printf("%lld %s could not be read and %s left out\n", static_cast<long long>(sets.skippedCount),
                    sets.skippedCount == 1 ? "image" : "images", sets.skippedCount == 1 ? "is" : "are");
    }
}

void printClasses(const std::vector<api::ClassScore>& classes) {
    std::size_t width = 0;
    for (const api::ClassScore& one : classes)
        width = std::max(width, one.name.size());
    for (const api::ClassScore& one : classes) {
        std::printf("%-*s %6lld images   top-1 %6.2f %%   top-5 %6.2f %%\n", int(width), one.name.c_str(),
                    static_cast<long long>(one.images), one.top1, one.top5);
    }
    std::fflush(stdout);
}

}  // namespace dinoscope::app
