#include <QTest>

#include "engine/api/attention.h"
#include "engine/api/core.h"
#include "engine/api/model.h"
#include "ui/explore/field_cache.h"

using namespace dinoscope;

namespace {

using Field = std::shared_ptr<const api::AttentionField>;

FieldKey keyOf(std::uint64_t picture) {
    FieldKey key;
    key.picture = picture;
    return key;
}

}  // namespace

class ExploreCacheTest : public QObject {
    Q_OBJECT

private:
    Field makeField(int side) const {
        JobControl control;
        return api::AttentionField::compute(*model_, Image(side, side), InputSize::native(), 0, control);
    }

private Q_SLOTS:
    void initTestCase() {
        api::ModelSource source;
        source.arch = "vit_tiny";
        JobControl control;
        model_ = api::Model::load(source, {"cpu", api::Precision::Fp32}, control);
        small_ = makeField(32);
    }

    void theOneUsedLongestAgoGivesWay() {
        FieldCache cache(2 * small_->bytes());
        const Field fields[]{small_, makeField(32), makeField(32)};
        cache.insert(keyOf(1), fields[0]);
        cache.insert(keyOf(2), fields[1]);
        QCOMPARE(cache.find(keyOf(1)), fields[0]);  // and now the second is the older one
        cache.insert(keyOf(3), fields[2]);
        QCOMPARE(cache.find(keyOf(1)), fields[0]);
        QCOMPARE(cache.find(keyOf(2)), Field());
        QCOMPARE(cache.find(keyOf(3)), fields[2]);
        QCOMPARE(cache.bytes(), 2 * small_->bytes());
    }

    void asManyGiveWayAsALargeOneNeeds() {
        const Field large = makeField(64);
        QVERIFY(large->bytes() > 2 * small_->bytes());
        FieldCache cache(large->bytes() + small_->bytes());
        for (std::uint64_t picture = 1; picture <= 4; ++picture)
            cache.insert(keyOf(picture), small_);
        cache.insert(keyOf(5), large);
        QVERIFY(cache.bytes() <= large->bytes() + small_->bytes());
        QCOMPARE(cache.find(keyOf(5)), large);
        QCOMPARE(cache.find(keyOf(4)), small_);
        for (std::uint64_t picture = 1; picture <= 3; ++picture)
            QCOMPARE(cache.find(keyOf(picture)), Field());
    }

    void whateverItsSizeTheLastOneStays() {
        FieldCache cache(1);
        cache.insert(keyOf(1), small_);
        QCOMPARE(cache.find(keyOf(1)), small_);
        cache.insert(keyOf(2), small_);
        QCOMPARE(cache.find(keyOf(1)), Field());
        QCOMPARE(cache.find(keyOf(2)), small_);
    }

    void whatIsComputedAnewReplacesTheFormer() {
        FieldCache cache(8 * small_->bytes());
        const Field again = makeField(32);
        cache.insert(keyOf(1), small_);
        cache.insert(keyOf(1), again);
        QCOMPARE(cache.find(keyOf(1)), again);
        QCOMPARE(cache.bytes(), again->bytes());
    }

    void pictureModelSizeAndLayerAreToldApart() {
        FieldCache cache(8 * small_->bytes());
        cache.insert(keyOf(1), small_);
        FieldKey others[4]{keyOf(2), keyOf(1), keyOf(1), keyOf(1)};
        others[1].model = 1;
        others[2].size = InputSize::native();
        others[3].layer = 1;
        for (const FieldKey& other : others)
            QCOMPARE(cache.find(other), Field());
        cache.clear();
        QCOMPARE(cache.find(keyOf(1)), Field());
        QCOMPARE(cache.bytes(), std::int64_t(0));
    }

private:
    std::shared_ptr<const api::Model> model_;
    Field small_;
};

QTEST_GUILESS_MAIN(ExploreCacheTest)
#include "explore_cache_test.moc"
