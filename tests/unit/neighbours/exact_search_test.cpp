#include <QTest>
#include <algorithm>
#include <cmath>

#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/search/scan_kernels.h"
#include "unit_vectors.h"

using namespace dinoscope;

namespace {

constexpr CpuPath kPaths[] = {CpuPath::Portable, CpuPath::Avx2, CpuPath::Avx512, CpuPath::Avx512Bf16,
                              CpuPath::Amx};

}  // namespace

class ExactSearchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPathFindsWhatTheReferenceFinds_data() {
        QTest::addColumn<int>("dim");
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("spread");
        for (const int dim : {1, 31, 192, 384, 769}) {
            for (const int type : {0, 1}) {
                for (const double spread : {1.0, 1e-3, 1e-6}) {
                    QTest::addRow("%d %s %g", dim, type ? "bf16" : "fp32", spread) << dim << type << spread;
                }
            }
        }
    }

    void everyPathFindsWhatTheReferenceFinds() {
        QFETCH(int, dim);
        QFETCH(int, type);
        QFETCH(double, spread);
        const Vectors vectors(3001, dim, static_cast<StorageType>(type), spread);
        const std::vector<float> query = vectors.make(12345, spread);
        JobControl control;
        for (const CpuPath path : kPaths) {
            if (path > bestCpuPath()) continue;
            const auto found = nearest(vectors.rows(), query, 20, {}, control, path);
            QCOMPARE(rowsOf(found), reference(vectors.rows(), query, 20));
            for (const Neighbour& one : found) {
                QCOMPARE(one.similarity, float(exactProduct(vectors.rows(), one.row, query)));
            }
        }
    }

    void aReducedCopyGivesTheSameEvenWhereItCannotTellRowsApart_data() {
        QTest::addColumn<double>("spread");
        for (const double spread : {1.0, 0.1, 1e-2, 1e-3, 1e-4})
            QTest::addRow("%g", spread) << spread;
    }

    void aReducedCopyGivesTheSameEvenWhereItCannotTellRowsApart() {
        QFETCH(double, spread);
        const Vectors vectors(20'000, 96, StorageType::Fp32, spread);
        const ReducedRows reduced(vectors.rows());
        QVERIFY(reduced.error() > 0 && reduced.error() < 0x1p-8);
        JobControl control;
        for (std::uint64_t q = 0; q < 3; ++q) {
            const std::vector<float> query = vectors.make(900'000 + q, spread);
            for (const CpuPath path : kPaths) {
                if (path > bestCpuPath()) continue;
                const auto found = nearest(vectors.rows(), reduced, query, 10, {}, control, path);
                QCOMPARE(rowsOf(found), reference(vectors.rows(), query, 10));
            }
        }
    }

    void bf16AloneWouldGetTightClustersWrong() {
        // Otherwise the test above could not fail.
        const Vectors vectors(20'000, 96, StorageType::Fp32, 1e-3);
        const ReducedRows reduced(vectors.rows());
        const std::vector<float> query = vectors.make(900'000, 1e-3);
        QVERIFY(reference(reduced.rows(), query, 10) != reference(vectors.rows(), query, 10));
    }

    void scoresStayWithinTheBoundThatExactnessRestsOn() {
        for (const StorageType type : {StorageType::Fp32, StorageType::Bf16}) {
            const Vectors vectors(500, 384, type, 1.0);
            const FeatureRows& rows = vectors.rows();
            alignas(64) float query[384];
            const std::vector<float> values = vectors.make(777, 1.0);
            std::copy(values.begin(), values.end(), query);
            for (const CpuPath path : kPaths) {
                if (path > bestCpuPath()) continue;
                const scan::ScanTable& table = scan::scanTable(path);
                const scan::ScanKernel& kernel = type == StorageType::Bf16 ? table.bf16 : table.fp32;
                const double bound = 1.01 * (kernel.perNumber * 384 + kernel.fixed);
                std::vector<float> scores(500);
                kernel.scan({rows.first, rows.stride, rows.count, query, rows.width(), scores.data()});
                for (std::int64_t i = 0; i < rows.count; ++i) {
                    QVERIFY(std::abs(scores[std::size_t(i)] - exactProduct(rows, i, values)) < bound);
                }
            }
        }
    }

    void equalRowsComeInTheOrderOfTheGallery() {
        const Vectors vectors(64, 32, StorageType::Fp32, 0.0);
        std::vector<std::int32_t> images(64);
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = static_cast<std::int32_t>(63 - i);
        JobControl control;
        const std::vector<float> query = vectors.make(1, 0.0);
        const auto found = nearest(vectors.rows(), query, 3, {images.data(), -1}, control);
        QCOMPARE(rowsOf(found), (std::vector<std::int64_t>{63, 62, 61}));
    }

    void rowsWithoutImagesAndTheQueryItselfAreLeftOut() {
        const Vectors vectors(100, 48, StorageType::Fp32, 1.0);
        std::vector<std::int32_t> images(100);
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = i % 2 ? -1 : static_cast<std::int32_t>(i);
        JobControl control;
        const std::vector<float> query = vectors.make(40, 1.0);
        const auto found = nearest(vectors.rows(), query, 100, {images.data(), 40}, control);
        QCOMPARE(found.size(), std::size_t(49));
        for (const Neighbour& one : found)
            QVERIFY(one.row % 2 == 0 && one.row != 40);
        QCOMPARE(nearest(vectors.rows(), query, 1, {}, control).front().row, std::int64_t(40));
    }

    void moreNeighboursThanRowsAreAllRows() {
        const Vectors vectors(5, 16, StorageType::Fp32, 1.0);
        JobControl control;
        QCOMPARE(nearest(vectors.rows(), vectors.make(1, 1.0), 50, {}, control).size(), std::size_t(5));
    }

    void wrongQueriesAreRefused() {
        const Vectors vectors(5, 16, StorageType::Fp32, 1.0);
        JobControl control;
        QVERIFY_EXCEPTION_THROWN(nearest(vectors.rows(), std::vector<float>(15), 1, {}, control), Error);
        QVERIFY_EXCEPTION_THROWN(nearest(vectors.rows(), std::vector<float>(16), 0, {}, control), UsageError);
        const std::vector<float> infinite(16, INFINITY);
        QVERIFY_EXCEPTION_THROWN(nearest(vectors.rows(), infinite, 1, {}, control), Error);
    }

    void aCancelledSearchEnds() {
        const Vectors vectors(5, 16, StorageType::Fp32, 1.0);
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(nearest(vectors.rows(), vectors.make(1, 1.0), 1, {}, control), Cancelled);
    }
};

QTEST_GUILESS_MAIN(ExactSearchTest)
#include "exact_search_test.moc"
