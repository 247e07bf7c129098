#include <QTest>

#include "tests/fuzz/data_targets.h"
#include "tests/fuzz/replay.h"

using namespace dinoscope;

/// Replays what the fuzz targets of tests/fuzz start from and have found.
class DataFuzzCorpusTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void imageList() { QVERIFY(fuzz::replay(SOURCE_DIR, "image_list", fuzz::imageList) > 0); }
    void dataset() { QVERIFY(fuzz::replay(SOURCE_DIR, "dataset", fuzz::dataset) > 0); }
};

QTEST_APPLESS_MAIN(DataFuzzCorpusTest)
#include "data_fuzz_corpus_test.moc"
