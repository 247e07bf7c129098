#include "engine/neighbours/device_rows.h"

#include <QTest>

#include "engine/base/error.h"
#include "engine/neighbours/search/exact_search.h"
#include "unit_vectors.h"

using namespace dinoscope;

/// On the processor: what a card does is the same code, and dino_check compares the two.
class DeviceRowsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itFindsWhatTheScanFinds_data() {
        QTest::addColumn<int>("dim");
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("spread");
        for (const int dim : {1, 31, 384}) {
            for (const int type : {0, 1}) {
                for (const double spread : {1.0, 1e-3, 1e-6})
                    QTest::addRow("%d %s %g", dim, type ? "bf16" : "fp32", spread) << dim << type << spread;
            }
        }
    }

    void itFindsWhatTheScanFinds() {
        QFETCH(int, dim);
        QFETCH(int, type);
        QFETCH(double, spread);
        const Vectors vectors(3001, dim, static_cast<StorageType>(type), spread);
        JobControl control;
        const DeviceRows rows(vectors.rows(), at::kCPU, control);
        for (const std::uint64_t seed : {12345, 7, 3}) {
            const std::vector<float> query = vectors.make(seed, spread);
            QVERIFY(rows.nearest(query, 20, {}, control) == nearest(vectors.rows(), query, 20, {}, control));
        }
    }

    void severalBlocksAreOneMatrix() {
        const Vectors vectors(140'000, 16, StorageType::Bf16, 1.0);
        JobControl control;
        const DeviceRows rows(vectors.rows(), at::kCPU, control);
        const std::vector<float> query = vectors.make(139'999, 1.0);
        const auto found = rows.nearest(query, 10, {}, control);
        QCOMPARE(found.front().row, std::int64_t(139'999));
        QVERIFY(found == nearest(vectors.rows(), query, 10, {}, control));
    }

    void rowsWithoutImagesAndTheQueryItselfAreLeftOut() {
        const Vectors vectors(100, 48, StorageType::Fp32, 1.0);
        std::vector<std::int32_t> images(100);
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = i % 2 ? -1 : static_cast<std::int32_t>(i);
        JobControl control;
        const RowFilter filter{images.data(), 40};
        const std::vector<float> query = vectors.make(40, 1.0);
        const DeviceRows rows(vectors.rows(), at::kCPU, control);
        for (const std::int64_t k : {1, 49, 100, 1000})
            QVERIFY(rows.nearest(query, k, filter, control) ==
                    nearest(vectors.rows(), query, k, filter, control));
    }

    void noRowsAndWrongQueriesAreNoSurprise() {
        const Vectors vectors(5, 16, StorageType::Fp32, 1.0);
        JobControl control;
        const DeviceRows none(FeatureRows{nullptr, 0, 16, 64, StorageType::Fp32}, at::kCPU, control);
        QVERIFY(none.nearest(vectors.make(1, 1.0), 3, {}, control).empty());
        const DeviceRows rows(vectors.rows(), at::kCPU, control);
        QVERIFY_EXCEPTION_THROWN(rows.nearest(std::vector<float>(15), 3, {}, control), Error);
        QVERIFY_EXCEPTION_THROWN(rows.nearest(std::vector<float>(16), 0, {}, control), UsageError);
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(DeviceRows(vectors.rows(), at::kCPU, control), Cancelled);
    }
};

QTEST_GUILESS_MAIN(DeviceRowsTest)
#include "device_rows_test.moc"
