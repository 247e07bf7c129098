#include <QAbstractListModel>
#include <QApplication>
#include <QScrollBar>
#include <QWindow>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "engine/api/images.h"
#include "tests/bench/gui_bench.h"
#include "ui/bridge/thumbnail_loader.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

constexpr int kItems = 100'000;
constexpr int kSide = 160;  // as galleries keep them
constexpr int kSteps = 300;
constexpr double kAllowedMs = 16;
constexpr int kFiles = 64;

/// JPEG files with the structure of photographs, as a gallery holds them.
std::vector<std::vector<std::byte>> makeFiles() {
    std::vector<std::vector<std::byte>> files;
    std::uint32_t state = 1;
    for (int file = 0; file < kFiles; ++file) {
        Image image(kSide, kSide * 3 / 4);
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) {
                state = state * 1664525U + 1013904223U;
                image.at(x, y)[0] = std::uint8_t((x + 3 * file + int(state >> 28)) & 255);
                image.at(x, y)[1] = std::uint8_t((y + 5 * file + int(state >> 29)) & 255);
                image.at(x, y)[2] = std::uint8_t(((x * y) / 64 + file) & 255);
            }
        }
        files.push_back(encodeJpeg(image, 85));
    }
    return files;
}

/// As the workspace's: texts, a similarity, and thumbnails that a loader decodes.
class BenchModel : public QAbstractListModel {
public:
    BenchModel() : loader_({kSide, kSide}) {
        loader_.setReader([files = makeFiles()](const QString& key) {
            return decodeImage(files[std::size_t(key.toInt()) % files.size()], key.toStdString());
        });
        connect(&loader_, &ThumbnailLoader::loaded, this, [this](const QString& key) {
            const QModelIndex changed = index(key.toInt());
            Q_EMIT dataChanged(changed, changed);
        });
    }

    void request(int first, int count) {
        QStringList wanted;
        for (int row = first; row < first + count; ++row)
            wanted << QString::number(row);
        loader_.request(wanted);
    }

    int rowCount(const QModelIndex& parent) const override { return parent.isValid() ? 0 : kItems; }

    QVariant data(const QModelIndex& index, int role) const override {
        switch (role) {
            case Qt::DisplayRole:
                return QStringLiteral("class %1").arg(index.row() % 10);
            case ThumbnailGrid::DetailRole:
                return QString::number(1.0 - index.row() / double(kItems), 'f', 3);
            case ThumbnailGrid::ShareRole:
                return 1.0 - index.row() / double(kItems);
            case ThumbnailGrid::SwatchRole:
                return QColor::fromHsv(index.row() * 36 % 360, 200, 220);
            case ThumbnailGrid::PictureRole: {
                const QImage* picture = loader_.find(QString::number(index.row()));
                if (picture) ++shown;
                return picture ? QVariant(*picture) : QVariant();
            }
            default:
                return {};
        }
    }

    int pending() const { return loader_.pending(); }
    mutable std::int64_t shown = 0;  ///< thumbnails that were painted

private:
    ThumbnailLoader loader_;
};

class CountedGrid : public ThumbnailGrid {
public:
    int paints = 0;

protected:
    void paintEvent(QPaintEvent* event) override {
        ++paints;
        ThumbnailGrid::paintEvent(event);
    }
};

bool time(const char* name, CountedGrid& grid, BenchModel& model, int step) {
    std::vector<double> times;
    const int before = grid.paints;
    const std::int64_t shownBefore = model.shown;
    QScrollBar& bar = *grid.verticalScrollBar();
    for (int round = 0; round < kSteps; ++round) {
        const auto start = std::chrono::steady_clock::now();
        bar.setValue(bar.value() + step > bar.maximum() ? 0 : bar.value() + step);
        grid.viewport()->update();          // the whole of it, whatever scrolling could have kept
        QCoreApplication::processEvents();  // thumbnails that arrived, and the paint
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    const double high = times[times.size() * 95 / 100];
    const bool good = high < kAllowedMs && grid.paints - before >= kSteps;
    std::printf(
        "%-28s median %5.2f ms   95th percentile %5.2f ms   %s   (%.0f of the pictures a frame were there)\n",
        name, median, high, good ? "ok" : "MISSED", double(model.shown - shownBefore) / kSteps);
    return good;
}

}  // namespace

bool runGridBench() {
    BenchModel model;
    CountedGrid grid;
    QObject::connect(&grid, &ThumbnailGrid::rangeWanted, &model, &BenchModel::request);
    grid.setModel(&model);
    grid.resize(1920, 1080);
    grid.show();
    while (!grid.windowHandle()->isExposed() || model.pending() > 0)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    bool good = time("100,000 pictures, slowly", grid, model, 12);
    good &= time("100,000 pictures, by pages", grid, model, 1000);
    good &= time("100,000 pictures, by leaps", grid, model, 40'000);
    return good;
}

}  // namespace dinoscope
