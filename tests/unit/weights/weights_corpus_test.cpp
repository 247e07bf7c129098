// Replays the corpus of the fuzz targets, and changes it a little.
#include <QDir>
#include <QTest>

#include "tests/fuzz/weights_targets.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

using Target = void (*)(std::span<const std::byte>);

struct NamedTarget {
    const char* folder;
    Target run;
};

constexpr NamedTarget kTargets[] = {{"pickle", fuzz::pickle},
                                    {"torch_file", fuzz::torchFile},
                                    {"safetensors", fuzz::safetensors},
                                    {"shard_index", fuzz::shardIndex}};

std::vector<std::string> corpusOf(const std::string& target) {
    const QDir folder(QString::fromStdString(std::string(SOURCE_DIR) + "/tests/fuzz/corpus/" + target));
    std::vector<std::string> contents;
    for (const QFileInfo& info : folder.entryInfoList(QDir::Files, QDir::Name))
        contents.push_back(contentOf(info.filePath().toStdString()));
    return contents;
}

}  // namespace

class WeightsCorpusTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void endsInAResultOrAnError_data() {
        QTest::addColumn<int>("target");
        for (int i = 0; i < static_cast<int>(std::size(kTargets)); ++i)
            QTest::newRow(kTargets[i].folder) << i;
    }

    void endsInAResultOrAnError() {
        QFETCH(int, target);
        const auto& [folder, run] = kTargets[target];
        const std::vector<std::string> corpus = corpusOf(folder);
        QVERIFY(corpus.size() >= 2);
        std::uint64_t random = 0x9E3779B97F4A7C15;
        for (const std::string& content : corpus) {
            run(std::as_bytes(std::span(content)));
            for (int trial = 0; trial < 300 && !content.empty(); ++trial) {
                // A copy on the heap of the exact length, so that a sanitizer sees every byte beyond it.
                std::vector<char> changed(content.begin(), content.end());
                for (int change = 0; change <= trial % 4; ++change) {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    changed[random % changed.size()] = static_cast<char>(random >> 32);
                }
                run(std::as_bytes(std::span(changed)));
            }
        }
    }
};

QTEST_APPLESS_MAIN(WeightsCorpusTest)
#include "weights_corpus_test.moc"
