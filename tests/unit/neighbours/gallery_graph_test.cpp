#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "engine/api/neighbours.h"
#include "engine/neighbours/search/approximate_index.h"
#include "tests/unit/neighbours/stored_gallery.h"
#include "tests/unit/neighbours/unit_vectors.h"

using namespace dinoscope;
using namespace dinoscope::stored;

namespace {

constexpr int kImages = 300;
constexpr int kNumbers = 48;
constexpr double kSpread = 1;
constexpr std::int64_t kQuery = 7;

GalleryRecord longRecord() {
    GalleryRecord made = record();
    made.terms.dim = kNumbers;
    made.inputDim = kNumbers;
    return made;
}

}  // namespace

/// A gallery with an approximate index, as whoever opens it sees it.
class GalleryGraphTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        gallery_ = fs::path(folder_->path().toStdString()) / "gallery";
        const Vectors vectors(1, kNumbers, StorageType::Fp32, kSpread);
        std::vector<NewImage> images;
        for (int i = 0; i < kImages; ++i) {
            images.push_back(image(i));
            images.back().name = std::to_string(i) + ".jpg";
            images.back().feature = vectors.make(std::uint64_t(i), kSpread);
        }
        GalleryWriter(gallery_, longRecord()).put(images);
    }

    void withoutAGraphNoneIsTold() {
        const auto gallery = openGallery();
        QVERIFY(!gallery->info().approximate);
        QCOMPARE(search(*gallery, false).size(), std::size_t(10));
    }

    void theGraphIsWalkedUnlessAllAreToBeLookedAt() {
        build();
        const auto gallery = openGallery();
        QVERIFY(gallery->info().approximate);
        QVERIFY(search(*gallery, false) == search(*gallery, true));
        // A walk is over before anyone could cancel it; who looks at all can be cancelled.
        JobControl cancelled;
        cancelled.cancel();
        api::SearchOptions options;
        const api::QueryFeature query = api::queryItem(*gallery, kQuery);
        QCOMPARE(api::search(*gallery, query, options, cancelled).size(), std::size_t(10));
        options.exact = true;
        QVERIFY_EXCEPTION_THROWN(api::search(*gallery, query, options, cancelled), Cancelled);
    }

    void aRefusedGraphIsNotTold_data() {
        QTest::addColumn<bool>("missing");
        QTest::newRow("damaged") << false;
        QTest::newRow("without its check") << true;
    }

    void aRefusedGraphIsNotTold() {
        QFETCH(bool, missing);
        build();
        const fs::path file = ApproximateIndex::file(gallery_, 1);
        if (missing) {
            QVERIFY(fs::remove(file.string() + ".check"));
        } else {
            flip(file, static_cast<qint64>(fs::file_size(file) / 2));
        }
        const auto gallery = openGallery();
        QVERIFY(!gallery->info().approximate);
        QVERIFY(search(*gallery, false) == search(*gallery, true));
    }

    void vanishedImagesAreNotFoundThroughTheGraph() {
        build();
        const std::vector<Neighbour> before = search(*openGallery(), false);
        const std::string closest = std::to_string(before.front().row) + ".jpg";
        GalleryWriter(gallery_, longRecord()).markVanished({closest}, 1);
        const auto gallery = openGallery();
        QVERIFY(gallery->info().approximate);
        const std::vector<Neighbour> after = search(*gallery, false);
        QCOMPARE(after.size(), std::size_t(10));
        QVERIFY(std::none_of(after.begin(), after.end(),
                             [&](const Neighbour& one) { return gallery->item(one.row).name == closest; }));
        QVERIFY(after == search(*gallery, true));
    }

private:
    void build() const {
        const FeatureMatrix matrix = FeatureMatrix::open(gallery_, 1);
        const FeatureRows rows{matrix.data(), matrix.rows(), matrix.header().dim, matrix.stride(),
                               matrix.header().type};
        JobControl control;
        ApproximateIndex::build(rows, gallery_, 1, control);
    }

    std::shared_ptr<const api::Gallery> openGallery() const {
        JobControl control;
        return api::Gallery::open(gallery_, control);
    }

    /// The neighbours of one item. Of so few a walk sees all.
    static std::vector<Neighbour> search(const api::Gallery& gallery, bool exact) {
        JobControl control;
        api::SearchOptions options;
        options.exact = exact;
        const auto item = gallery.find(gallery.info().source / (std::to_string(kQuery) + ".jpg"));
        return api::search(gallery, api::queryItem(gallery, item.value_or(0)), options, control);
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path gallery_;
};

QTEST_GUILESS_MAIN(GalleryGraphTest)
#include "gallery_graph_test.moc"
