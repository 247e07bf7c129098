#include "ui/neighbours/neighbours_state.h"

#include <algorithm>
#include <cmath>

namespace dinoscope {

namespace {

constexpr std::int64_t kFetchedAtLeast = 1000;

}  // namespace

NeighboursControls controlsFor(const NeighboursState& state) {
    NeighboursControls controls;
    const bool browsing = state.page == NeighboursPage::Browse;
    const bool pictures = state.gallery && !state.opening && state.page != NeighboursPage::Evaluate;
    const bool files = pictures && !state.sourceMissing;
    const bool writing = state.building || state.evaluating || state.comparing;
    controls.openGallery = !state.opening;
    controls.build = !writing;
    controls.update = state.gallery && !state.opening && !state.sourceMissing && !writing;
    controls.pause = state.building && !state.keepingTeacher && !state.paused;
    controls.resume = state.building && state.paused;
    controls.stop = state.building;
    controls.relocate = state.gallery && !state.opening && !state.building;
    controls.back = browsing && state.canGoBack;
    controls.forward = browsing && state.canGoForward;
    controls.overview = browsing && state.query;
    controls.ask = pictures && state.selected == 1;
    controls.openInExplore = files && state.selected == 1;
    controls.reveal = files && state.selected == 1;
    controls.copyPath = pictures && state.selected > 0;
    controls.exportResults = browsing && state.query && state.results > 0 && !state.exporting;
    controls.sliders = browsing && state.gallery && state.query;
    controls.vote = controls.sliders && state.labels && state.results > 0;
    controls.findDuplicates = state.gallery && !state.opening && !writing;
    controls.evaluate = !writing;
    controls.cancel = state.opening || state.computing || state.attending || state.comparing ||
                      state.evaluating || state.exporting;
    // Without a gallery there is nothing to set, and a query alone to see.
    controls.column = state.gallery ? state.page != NeighboursPage::Evaluate : state.query;
    controls.attention = state.gallery && controls.column;
    controls.panel = state.gallery && browsing;
    return controls;
}

int shownOf(const std::vector<Neighbour>& results, const NeighboursSettings& settings) {
    const auto within = std::min<std::int64_t>(settings.k, std::int64_t(results.size()));
    const auto end =
        std::partition_point(results.begin(), results.begin() + within, [&settings](const Neighbour& each) {
            // 0 stands for no threshold: opposite features have negative similarities.
            return settings.threshold <= 0 || double(each.similarity) >= settings.threshold;
        });
    return int(end - results.begin());
}

std::int64_t fetchFor(std::int64_t k, std::int64_t items) {
    return std::min(items, std::max(kFetchedAtLeast, 2 * k));
}

int sliderForK(std::int64_t k, std::int64_t most) {
    if (most <= 1) return 0;
    const double share = std::log(double(std::clamp<std::int64_t>(k, 1, most))) / std::log(double(most));
    return int(std::lround(share * kSliderSteps));
}

std::int64_t kForSlider(int place, std::int64_t most) {
    if (most <= 1) return 1;
    const double k = std::exp(double(place) / kSliderSteps * std::log(double(most)));
    return std::clamp<std::int64_t>(std::llround(k), 1, most);
}

}  // namespace dinoscope
