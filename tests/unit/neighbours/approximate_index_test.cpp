#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "tests/integration/small_disk.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kDim = 48;

double normal(std::uint64_t seed, std::uint64_t index) {
    const double u = toUniform(mix(seed, index, std::uint64_t{1}));
    const double v = toUniform(mix(seed, index, std::uint64_t{2}));
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
}

/// Unit vectors in clusters of fifty.
std::vector<float> vector(std::uint64_t index) {
    std::vector<float> values(kDim);
    double square = 0;
    for (std::size_t d = 0; d < values.size(); ++d) {
        values[d] = float(normal(5 + index / 50, d) + 0.6 * normal(1'000'000 + index, d));
        square += double{values[d]} * double{values[d]};
    }
    for (float& value : values)
        value = float(value / std::sqrt(square));
    return values;
}

class Vectors {
public:
    Vectors(std::int64_t count, StorageType type) {
        const std::int64_t stride = rowBytes(kDim, type);
        bytes_.resize(std::size_t(count * stride) + 64);
        const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
        std::byte* first = bytes_.data() + (64 - address % 64) % 64;
        for (std::int64_t i = 0; i < count; ++i)
            encodeRow(vector(std::uint64_t(i)), type, {first + i * stride, std::size_t(stride)});
        rows_ = {first, count, kDim, stride, type};
    }
    const FeatureRows& rows() const { return rows_; }

private:
    std::vector<std::byte> bytes_;
    FeatureRows rows_;
};

}  // namespace

class ApproximateIndexTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nearlyAllNeighboursAreFound_data() {
        QTest::addColumn<int>("type");
        QTest::newRow("fp32") << 0;
        QTest::newRow("bf16") << 1;
    }

    void nearlyAllNeighboursAreFound() {
        QFETCH(int, type);
        const QTemporaryDir folder;
        const Vectors vectors(2000, StorageType(type));
        JobControl control;
        ApproximateIndex::build(vectors.rows(), folder.path().toStdString(), 3, control);
        const auto index = ApproximateIndex::load(vectors.rows(), folder.path().toStdString(), 3);
        QVERIFY(index);
        QCOMPARE(index->rows(), 2000);
        std::size_t found = 0;
        for (std::uint64_t q = 0; q < 50; ++q) {
            const std::vector<float> query = vector(q * 37 + 3);
            const RowFilter filter{nullptr, std::int64_t(q * 37 + 3)};
            const auto exact = nearest(vectors.rows(), query, 10, filter, control);
            for (const Neighbour& one : index->nearest(vectors.rows(), query, 10, filter, control))
                found += std::count(exact.begin(), exact.end(), one);
        }
        QVERIFY2(found >= 475, qPrintable(QString("%1 of 500").arg(found)));
    }

    void rowsThatCameLaterAreFoundToo() {
        const QTemporaryDir folder;
        const Vectors vectors(900, StorageType::Fp32);
        FeatureRows before = vectors.rows();
        before.count = 700;
        JobControl control;
        ApproximateIndex::build(before, folder.path().toStdString(), 1, control);
        const auto index = ApproximateIndex::load(vectors.rows(), folder.path().toStdString(), 1);
        QVERIFY(index);
        const auto found = index->nearest(vectors.rows(), vector(850), 3, {}, control);
        QCOMPARE(found.front().row, std::int64_t(850));
        QVERIFY(found == nearest(vectors.rows(), vector(850), 3, {}, control));
    }

    void whereTheFilterTakesMostAllAreLookedAt() {
        const QTemporaryDir folder;
        const Vectors vectors(800, StorageType::Fp32);
        std::vector<std::int32_t> images(800, -1);
        images[10] = 0;
        images[790] = 1;
        JobControl control;
        ApproximateIndex::build(vectors.rows(), folder.path().toStdString(), 1, control);
        const auto index = ApproximateIndex::load(vectors.rows(), folder.path().toStdString(), 1);
        QCOMPARE(index->nearest(vectors.rows(), vector(400), 2, {images.data(), -1}, control).size(),
                 std::size_t(2));
    }

    void damageIsNoticed() {
        const QTemporaryDir folder;
        const Vectors vectors(300, StorageType::Fp32);
        const std::string path = folder.path().toStdString();
        JobControl control;
        QVERIFY(!ApproximateIndex::load(vectors.rows(), path, 1));
        ApproximateIndex::build(vectors.rows(), path, 1, control);
        QVERIFY(!ApproximateIndex::load(vectors.rows(), path, 2));
        QFile raw(QString::fromStdString(ApproximateIndex::file(path, 1).string()));
        QVERIFY(raw.open(QIODevice::ReadWrite));
        raw.seek(raw.size() / 2);
        raw.write("x");
        raw.close();
        QVERIFY(!ApproximateIndex::load(vectors.rows(), path, 1));
    }

    void aQueryOfAnotherLengthIsRefused() {
        const QTemporaryDir folder;
        const Vectors vectors(100, StorageType::Fp32);
        JobControl control;
        ApproximateIndex::build(vectors.rows(), folder.path().toStdString(), 1, control);
        const auto index = ApproximateIndex::load(vectors.rows(), folder.path().toStdString(), 1);
        QVERIFY(index);
        const std::vector<float> longer(1000, 0.1F);
        QVERIFY_EXCEPTION_THROWN(index->nearest(vectors.rows(), longer, 3, {}, control), Error);
    }

    void aFullDiskIsToldAndLeavesTheGraphOfBefore() {
        const QTemporaryDir folder;
        const SmallDisk disk(folder.filePath("disk"), 4);
        if (!disk.isMounted()) QSKIP("a small disk can only be mounted by root");
        const std::string path = folder.filePath("disk").toStdString();
        const Vectors vectors(900, StorageType::Fp32);
        FeatureRows before = vectors.rows();
        before.count = 700;
        JobControl control;
        ApproximateIndex::build(before, path, 1, control);
        disk.fill();
        QString message;
        try {
            ApproximateIndex::build(vectors.rows(), path, 1, control);
        } catch (const Error& error) {
            message = error.what();
        }
        QVERIFY2(message.contains("No space left on device"), qPrintable(message));
        QVERIFY(!QFile::exists(folder.filePath("disk/hnsw-1.bin.part")));
        auto index = ApproximateIndex::load(vectors.rows(), path, 1);
        QVERIFY(index);
        QCOMPARE(index->rows(), 700);
        disk.empty();
        ApproximateIndex::build(vectors.rows(), path, 1, control);
        index = ApproximateIndex::load(vectors.rows(), path, 1);
        QVERIFY(index);
        QCOMPARE(index->rows(), 900);
    }

    void aCancelledBuildLeavesNoFile() {
        const QTemporaryDir folder;
        const Vectors vectors(300, StorageType::Fp32);
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(
            ApproximateIndex::build(vectors.rows(), folder.path().toStdString(), 1, control), Cancelled);
        QVERIFY(!ApproximateIndex::load(vectors.rows(), folder.path().toStdString(), 1));
    }
};

QTEST_GUILESS_MAIN(ApproximateIndexTest)
#include "approximate_index_test.moc"
