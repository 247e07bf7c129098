#include <QTest>

#include "tests/fuzz/image_targets.h"
#include "tests/unit/image/test_files.h"

using namespace dinoscope;

/// Replays what the fuzz targets of tests/fuzz start from and have found.
class ImageFuzzCorpusTest : public QObject {
    Q_OBJECT

    static int replay(const char* target, void (*run)(std::span<const std::byte>)) {
        int files = 0;
        for (const auto& path :
             test::filesIn(std::filesystem::path(SOURCE_DIR "/tests/fuzz/corpus") / target)) {
            run(test::bytesOf(path));
            ++files;
        }
        return files;
    }

private Q_SLOTS:
    void exif() { QVERIFY(replay("exif", fuzz::exif) > 0); }
    void imageHeader() { QVERIFY(replay("image_header", fuzz::imageHeader) > 0); }
    void decode() { QVERIFY(replay("decode", fuzz::decode) > 0); }
};

QTEST_APPLESS_MAIN(ImageFuzzCorpusTest)
#include "image_fuzz_corpus_test.moc"
