#include <QTest>

#include "tests/fuzz/replay.h"
#include "tests/fuzz/settings_targets.h"

using namespace dinoscope;

/// Replays what the fuzz targets of tests/fuzz start from and have found.
class RunFuzzCorpusTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runRecord() { QVERIFY(fuzz::replay(SOURCE_DIR, "run_record", fuzz::runRecord) > 0); }
    void preset() { QVERIFY(fuzz::replay(SOURCE_DIR, "preset", fuzz::preset) > 0); }
};

QTEST_APPLESS_MAIN(RunFuzzCorpusTest)
#include "run_fuzz_corpus_test.moc"
