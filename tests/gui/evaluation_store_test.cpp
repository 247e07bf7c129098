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
    void aModelIsCalledByWhatTellsItApart_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("shown");
        QTest::newRow("a checkpoint")
            << "/home/me/runs/train 2026-12-01/checkpoints/epoch0009.pth (vit_tiny/16)"
            << "train 2026-12-01, epoch 9 (vit_tiny/16)";
        QTest::newRow("a teacher kept") << "/r/mine/teachers/epoch0012-step000345-2.safetensors (resnet50)"
                                        << "mine, epoch 12, step 345 (resnet50)";
        QTest::newRow("a file") << "/models/dino (small).pth (vit_small/16)"
                                << "dino (small).pth (vit_small/16)";
        QTest::newRow("one of the program") << "bundled (vit_small/16)"
                                            << "bundled (vit_small/16)";
    }

    void aModelIsCalledByWhatTellsItApart() {
        QFETCH(QString, model);
        EvaluationStore store;
        store.add(EvaluationRecord::of(knnOf(qPrintable(model), 75), QString()));
        EvaluationTable table;
        table.show(store);
        const QModelIndex cell = table.index(0, EvaluationTable::Model);
        QTEST(cell.data().toString(), "shown");
        QVERIFY(cell.data(Qt::ToolTipRole).toString().startsWith(model));
    }

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

    void whatWasLeftOutIsKeptAndTold() {
        api::KnnReport report = knnOf("a.pth", 75);
        report.leftOut = {100, 200};
        report.sets.skipped = {{"/data/val/a.jpg", "it is empty"}, {"/data/val/b.jpg", "it is torn"}};
        report.sets.skippedCount = 3;
        EvaluationStore store;
        store.add(EvaluationRecord::of(report, {}));
        EvaluationStore other;
        other.read(store.toJson());
        QCOMPARE(other.toJson(), store.toJson());
        const EvaluationRecord& record = other.records().front();
        QVERIFY(record.leftOut == report.leftOut);
        QCOMPARE(notesText(record), QStringLiteral("k = 100, 200 left out: 6 training pictures   "
                                                   "3 pictures could not be read"));
        const QStringList lines = skippedText(record).split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0], QStringLiteral("/data/val/a.jpg: it is empty"));
        QCOMPARE(lines[2], QStringLiteral("and 1 more"));
        QVERIFY(notesText(EvaluationRecord::of(linearOf("a.pth"), {})).isEmpty());
    }

    void ofManyThatCannotBeReadSomeAreKept() {
        api::KnnReport report = knnOf("a.pth", 75);
        report.sets.skipped.assign(1000, {"/data/val/a.jpg", "it is empty"});
        report.sets.skippedCount = 5000;
        const EvaluationRecord record = EvaluationRecord::of(report, {});
        QCOMPARE(record.skipped.size(), EvaluationRecord::kMostSkipped);
        QVERIFY(skippedText(record).endsWith(QStringLiteral("and 4,980 more")));
    }

    void modelsAreToldApartByTheirWeights() {
        const auto named = [](const char* variant, const char* fingerprint) {
            api::KnnReport report = knnOf("a.pth", 75);
            report.sets.variant = variant;
            report.sets.fingerprint = fingerprint;
            return EvaluationRecord::of(report, {});
        };
        EvaluationStore store;
        store.add(named("student", "12"));
        store.add(named("teacher", "34"));
        store.add(named("student", "12"));
        QCOMPARE(store.records().size(), std::size_t(2));
        EvaluationTable table;
        table.show(store);
        QCOMPARE(table.rowCount(), 2);
        QCOMPARE(table.index(0, EvaluationTable::Model).data().toString(), QStringLiteral("a.pth, student"));
        QCOMPARE(table.index(1, EvaluationTable::Model).data().toString(), QStringLiteral("a.pth, teacher"));
    }

    void waysAreToldApart() {
        api::KnnReport other = knnOf("a.pth", 80);
        other.sets.chosen = {{"temperature", "0.1"}, {"crop", "112"}};
        api::LinearReport linear = linearOf("a.pth");
        linear.sets.placement.precision = api::Precision::Bf16;
        EvaluationStore store;
        EvaluationTable table;
        store.add(EvaluationRecord::of(knnOf("a.pth", 75), {}));
        table.show(store);
        QVERIFY(!table.hasWays());
        store.add(EvaluationRecord::of(other, {}));
        store.add(EvaluationRecord::of(linear, {}));
        table.show(store);
        QVERIFY(table.hasWays());
        QCOMPARE(table.rowCount(), 3);
        const auto how = [&table](int row) {
            return table.index(row, EvaluationTable::How).data().toString();
        };
        QCOMPARE(how(0), QStringLiteral("bf16"));
        QCOMPARE(how(1), QStringLiteral("temperature 0.1, crop 112"));
        QCOMPARE(how(2), QString());
    }

    void whatAnOlderVersionWroteIsRead() {
        const QByteArray old =
            R"({"format":1,"evaluations":[{"kind":"knn","model":"a.pth","train":"/data/train",)"
            R"("val":"/data/val","when":"","train_images":6,"val_images":4,)"
            R"("scores":[{"k":20,"top1":75,"top5":91.5}],"k":20,"top1":75,"top5":91.5,"classes":[],)"
            R"("confusion":{"classes":[],"counts":[]}}]})";
        EvaluationStore store;
        store.read(old);
        QCOMPARE(store.records().size(), std::size_t(1));
        QCOMPARE(store.records().front().top1, 75.0);
        QVERIFY(store.records().front().how.isEmpty());
        QVERIFY(notesText(store.records().front()).isEmpty());
        // Of which weights it is nobody knows: what is known to be of some stands beside it.
        api::KnnReport report = knnOf("a.pth", 76);
        report.sets.fingerprint = "12";
        store.add(EvaluationRecord::of(report, {}));
        QCOMPARE(store.rows().size(), std::size_t(2));
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
        QTest::newRow("a negative k") << QByteArray("\"left_out\":[]") << QByteArray("\"left_out\":[-1]");
        QTest::newRow("a picture without a name")
            << QByteArray("\"skipped\":[]") << QByteArray("\"skipped\":[{\"reason\":\"torn\"}]");
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
