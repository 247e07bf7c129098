#include "tests/bench/gui_bench.h"

#include <QApplication>
#include <QWindow>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <vector>

#include "engine/api/attention.h"
#include "engine/api/core.h"
#include "engine/api/runtime.h"
#include "ui/bridge/image_bridge.h"
#include "ui/explore/attention_painter.h"
#include "ui/theme.h"
#include "ui/widgets/image_canvas.h"

namespace dinoscope {

namespace {

constexpr int kRounds = 200;
constexpr double kAllowedMs = 8;

/// A photograph's worth of structure at 12 megapixels.
std::shared_ptr<const Image> makePhotograph() {
    auto image = std::make_shared<Image>(4000, 3000);
    std::uint32_t state = 1;
    for (int y = 0; y < image->height; ++y) {
        for (int x = 0; x < image->width; ++x) {
            state = state * 1664525U + 1013904223U;
            std::uint8_t* pixel = image->at(x, y);
            pixel[0] = std::uint8_t((x / 16 + (state >> 28)) & 255);
            pixel[1] = std::uint8_t((y / 12 + (state >> 27)) & 255);
            pixel[2] = std::uint8_t(((x + y) / 28) & 255);
        }
    }
    return image;
}

/// A canvas that knows whether it was painted: what is not on show is not, and would be measured as free.
class CountedCanvas : public ImageCanvas {
public:
    int paints = 0;

protected:
    void paintEvent(QPaintEvent* event) override {
        ++paints;
        ImageCanvas::paintEvent(event);
    }
};

bool time(const char* name, const std::function<void(int)>& change) {
    std::vector<double> times;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        change(round);
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    const double high = times[times.size() * 95 / 100];
    std::printf("%-28s median %5.2f ms   95th percentile %5.2f ms   %s\n", name, median, high,
                median < kAllowedMs ? "ok" : "MISSED");
    return median < kAllowedMs;
}

/// Canvas, painter and field, as the workspace joins them.
class Bench {
public:
    Bench() : image_(makePhotograph()) {
        JobControl control;
        api::ModelSource source;
        source.arch = "vit_small";
        source.patchSize = 16;
        OptionValues common(api::commonOptions());
        model_ = api::Model::load(source, api::choosePlacement(common, api::Purpose::LiveView), control);
        field_ = api::AttentionField::compute(*model_, *image_, InputSize::shorterSide(480), -1, control);
        canvas_.resize(1920, 1080);
        canvas_.show();
        while (!canvas_.windowHandle()->isExposed())
            QCoreApplication::processEvents();
        canvas_.setImage(ImagePyramid(viewOf(image_)));
        const InputGeometry& geometry = field_->geometry();
        canvas_.setCells({geometry.columns, geometry.rows},
                         {0, 0, geometry.coveredWidth(), geometry.coveredHeight()});
        ask({});
        canvas_.repaint();
    }

    bool run() {
        const InputGeometry& geometry = field_->geometry();
        bool good = time("opacity", [&](int round) { setOpacity(round); });
        good &= time("head", [&](int round) { chooseHead(round); });
        const auto hover = [&](int round) {
            ask({PatchPosition{round % geometry.rows, (round * 7) % geometry.columns}});
            canvas_.repaint();
        };
        good &= time("hovered patch, with map()", hover);
        settings_.maskOn = true;
        good &= time("hovered patch, masked", hover);
        settings_.maskOn = false;
        settings_.heads.kind = HeadChoice::Kind::All;
        ask({});
        good &= time("opacity, all heads", [&](int round) { setOpacity(round); });
        settings_.heads.kind = HeadChoice::Kind::Mean;
        ask({});
        canvas_.setZoom(3, {700, 400});
        canvas_.repaint();
        good &= time("opacity, zoomed in", [&](int round) { setOpacity(round); });
        good &= time("hovered patch, zoomed in", hover);
        if (canvas_.paints < 7 * kRounds) {
            std::printf("only %d repaints were made\n", canvas_.paints);
            return false;
        }
        return good;
    }

private:
    void ask(const Query& query) {
        map_ = field_->map(query);
        show();
    }

    void show() {
        painter_.paint(map_, settings_);
        canvas_.setOverlay(painter_.shown());
        canvas_.setOutline(painter_.shown().kept);
    }

    void setOpacity(int round) {
        canvas_.setOpacity(0.2 + 0.6 * (round % 100) / 100);
        canvas_.repaint();
    }

    void chooseHead(int round) {
        settings_.heads = {HeadChoice::Kind::One, round % map_.heads};
        show();
        canvas_.repaint();
    }

    std::shared_ptr<const Image> image_;
    std::shared_ptr<const api::Model> model_;
    std::shared_ptr<const api::AttentionField> field_;
    CountedCanvas canvas_;
    AttentionPainter painter_;
    AttentionMap map_;
    ExploreSettings settings_;
};

}  // namespace

int runGuiBench() {
    std::optional<QApplication> application;
    int count = 1;
    char name[] = "gui_bench";
    char* values[] = {name, nullptr};
    if (!QApplication::instance()) {
        if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
        application.emplace(count, values);
    }
    applyTheme(*qApp, ThemeChoice::Dark);
    api::prepareThread(0);
    bool good = runGridBench();
    good &= runRunBench();
    Bench bench;
    good &= bench.run();
    return good ? 0 : 1;
}

}  // namespace dinoscope
