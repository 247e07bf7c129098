#include "ui/neighbours/evaluation_store.h"

#include <QTest>

#include "ui/neighbours/evaluation_models.h"

using namespace dinoscope;

namespace {

api::EvaluationSets setsOf(const char* model) {
    api::EvaluationSets sets;
    sets.train = "/data/train";
    sets.val = "/data/val";
    sets.trainImages = 6;
    sets.valImages = 4;
    sets.model = model;
    return sets;
}

api::KnnReport knnOf(const char* model, double top1) {
    api::KnnReport report;
    report.sets = setsOf(model);
    report.results = {{10, top1 - 1, 90}, {20, top1, 91.5}};
    report.bestK = 20;
    report.classes = {{"cat", 2, 50, 100}, {"dog, \"big\"", 2, 100, 100}};
    report.confusion.classes = {"cat", "dog, \"big\""};
    report.confusion.counts = {1, 1, 0, 2};
    return report;
}

api::LinearReport linearOf(const char* model) {
    api::LinearReport report;
    report.sets = setsOf(model);
    report.top1 = 81.25;
    report.top5 = 99;
    return report;
}

}  // namespace

class EvaluationStoreTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsWrittenIsReadBack() {
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), QStringLiteral("2026-01-02T03:04:05")));
        store.add(EvaluationRecord::of(linearOf("a.pth"), QStringLiteral("2026-01-02T03:05:05")));
        EvaluationStore other;
        other.read(store.toJson());
        QCOMPARE(other.toJson(), store.toJson());
        const EvaluationRecord& knn = other.records()[1];
        QVERIFY(!knn.linear);
        QCOMPARE(knn.k, std::int64_t(20));
        QCOMPARE(knn.top1, 75.0);
        QCOMPARE(knn.top5, 91.5);
        QCOMPARE(knn.scores.size(), std::size_t(2));
        QCOMPARE(knn.confusion.count(0, 1), std::int64_t(1));
    }

    void aModelHasOneRowWithBothKinds() {
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), {}));
        store.add(EvaluationRecord::of(knnOf("b.pth", 60), {}));
        store.add(EvaluationRecord::of(linearOf("a.pth"), {}));
        EvaluationTable table;
        table.show(store);
        QCOMPARE(table.rowCount(), 2);
        QCOMPARE(table.index(0, EvaluationTable::Model).data().toString(), QStringLiteral("a.pth"));
        QCOMPARE(table.index(0, EvaluationTable::KnnTop1).data().toString(), QStringLiteral("75.0"));
        QCOMPARE(table.index(0, EvaluationTable::LinearTop1).data().toString(), QStringLiteral("81.3"));
        QCOMPARE(table.index(1, EvaluationTable::LinearTop1).data().toString(), QString());
    }

    void anEvaluationMadeAgainTakesThePlaceOfTheFormer() {
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), {}));
        store.add(EvaluationRecord::of(knnOf("a.pth", 76), {}));
        QCOMPARE(store.records().size(), std::size_t(1));
        QCOMPARE(store.records().front().top1, 76.0);
    }

    void aRowIsRemovedWithBothItsKinds() {
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), {}));
        store.add(EvaluationRecord::of(knnOf("b.pth", 60), {}));
        store.add(EvaluationRecord::of(linearOf("a.pth"), {}));
        store.remove(store.rows().front());
        QCOMPARE(store.records().size(), std::size_t(1));
        QCOMPARE(store.records().front().model, QStringLiteral("b.pth"));
    }

    void whatIsDamagedIsRefusedAndChangesNothing_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("cut off") << QByteArray("\"evaluations\"") << QByteArray();
        QTest::newRow("another format") << QByteArray("\"format\":1") << QByteArray("\"format\":2");
        QTest::newRow("a matrix of another size") << QByteArray("[1,1,0,2]") << QByteArray("[1,1,0]");
        QTest::newRow("a negative count") << QByteArray("[1,1,0,2]") << QByteArray("[1,1,0,-2]");
        QTest::newRow("more than all") << QByteArray("91.5") << QByteArray("191.5");
        QTest::newRow("no name") << QByteArray("\"a.pth\"") << QByteArray("5");
        QTest::newRow("an unknown kind") << QByteArray("\"knn\"") << QByteArray("\"svm\"");
    }

    void whatIsDamagedIsRefusedAndChangesNothing() {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), {}));
        const QByteArray good = store.toJson();
        QByteArray bad = good;
        QVERIFY(bad.contains(from));
        bad.replace(from, to);
        QVERIFY_THROWS_EXCEPTION(Error, store.read(bad));
        QCOMPARE(store.toJson(), good);
    }

    void classesAreQuotedInTables() {
        QCOMPARE(api::toCsv(knnOf("a", 1).classes),
                 std::string(
                     "class,images,top1,top5\r\ncat,2,50.0,100.0\r\n\"dog, \"\"big\"\"\",2,100.0,100.0\r\n"));
    }
};

QTEST_APPLESS_MAIN(EvaluationStoreTest)
#include "evaluation_store_test.moc"
