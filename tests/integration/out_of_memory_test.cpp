#include <sys/resource.h>

#include <QDir>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

/// Enough for the program and a small network, not for prototypes of 1,048,576 x 256 numbers, twice.
constexpr rlim_t kAddressSpace = rlim_t{3'000'000'000};

}  // namespace

/// What becomes of a training that memory does not suffice for, and what its plan tells before.
class OutOfMemoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer takes more address space than the limit of this test");
#endif
        QVERIFY(folder_.isValid() && QDir(folder_.path()).mkpath("images"));
        for (int i = 0; i < 4; ++i) {
            QImage image(40, 40, QImage::Format_RGB32);
            image.fill(qRgb(60 * i, 200 - 40 * i, 90));
            QVERIFY(image.save(folder_.filePath(QString("images/%1.png").arg(i))));
        }
    }

    void aTrainingThatDoesNotFitIsRefusedBeforeItStarts() {
        const Outcome outcome = withLittleMemory(train("refused") + QStringList{"--out-dim", "1048576"});
        QVERIFY2(outcome.status == 1, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("the training needs") && outcome.err.contains("are free"),
                 qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("--out-dim 262144 takes"), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("--force starts all the same"), qPrintable(outcome.err));
        QVERIFY(!QDir(folder_.filePath("refused")).exists());
    }

    /// The plan refuses what cannot fit; this one is told to start all the same.
    void aTrainingThatRunsOutOfMemoryEndsWithTheNumbersAndWhatWouldHelp() {
        const Outcome outcome =
            withLittleMemory(train("run") + QStringList{"--out-dim", "1048576", "--force"});
        QVERIFY2(outcome.status == 1, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("memory ran out"), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("nothing was saved yet"), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("--out-dim"), qPrintable(outcome.err));
    }

    /// Its batch is that of the record, and what may change is as given now.
    void aPlanOfAResumeIsThatOfTheRun() {
        QCOMPARE(dino(train("begun") + QStringList{"--out-dim", "8192"}).status, 0);
        const QStringList resume{"train", "--plan", "--resume", "-o", folder_.filePath("begun")};
        const Outcome asItIs = dino(resume + QStringList{"--json"});
        QVERIFY2(asItIs.status == 0, qPrintable(asItIs.err));
        QCOMPARE(asItIs.json()["micro_batch"].toInt(), 2);
        for (const QJsonValue& sentence : asItIs.json()["advice"].toArray()) {
            const QString text = sentence.toString();
            QVERIFY2(!text.contains("--batch-size") && !text.contains("--out-dim"), qPrintable(text));
        }
        const Outcome changed = dino(resume + QStringList{"--json", "--micro-batch", "1"});
        QVERIFY2(changed.status == 0, qPrintable(changed.err));
        QCOMPARE(changed.json()["micro_batch"].toInt(), 1);
        const Outcome other = dino(resume + QStringList{"--lr", "0.5"});
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains("--lr was 0.0005 and is 0.5"), qPrintable(other.err));
    }

    void weightsThatDoNotFitAreRefusedBeforeTheyAreTaken() {
        const QString file = folder_.filePath("large.safetensors");
        writeLargeVit(file);
        QDir().mkpath(folder_.filePath("maps"));
        const Outcome outcome = withLittleMemory({"attend", folder_.filePath("images/0.png"), "-w", file,
                                                  "-o", folder_.filePath("maps"), "--precision", "fp32"});
        QVERIFY2(outcome.status == 1, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("large.safetensors: its weights take 2.42 GB of memory, and"),
                 qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("--precision bf16 takes half of it"), qPrintable(outcome.err));
    }

private:
    /// Twice a ViT-L/16 of zeros in float16: a file with a hole, of no size on the disk.
    static void writeLargeVit(const QString& name) {
        constexpr int kDim = 1024;
        QJsonObject header;
        qint64 bytes = 0;
        const auto add = [&](const QString& tensor, std::initializer_list<int> shape) {
            qint64 end = 2;
            QJsonArray sizes;
            for (const int side : shape) {
                sizes.append(side);
                end *= side;
            }
            end += bytes;
            header[tensor] =
                QJsonObject{{"dtype", "F16"}, {"shape", sizes}, {"data_offsets", QJsonArray{bytes, end}}};
            bytes = end;
        };
        const auto addLinear = [&](const QString& layer, int out, int in) {
            add(layer + ".weight", {out, in});
            add(layer + ".bias", {out});
        };
        const auto addNorm = [&](const QString& layer) {
            add(layer + ".weight", {kDim});
            add(layer + ".bias", {kDim});
        };
        add("cls_token", {1, 1, kDim});
        add("pos_embed", {1, 197, kDim});
        add("patch_embed.proj.weight", {kDim, 3, 16, 16});
        add("patch_embed.proj.bias", {kDim});
        for (int i = 0; i < 48; ++i) {
            const QString block = QString("blocks.%1.").arg(i);
            addNorm(block + "norm1");
            addLinear(block + "attn.qkv", 3 * kDim, kDim);
            addLinear(block + "attn.proj", kDim, kDim);
            addNorm(block + "norm2");
            addLinear(block + "mlp.fc1", 4 * kDim, kDim);
            addLinear(block + "mlp.fc2", kDim, 4 * kDim);
        }
        addNorm("norm");
        const QByteArray text = QJsonDocument(header).toJson(QJsonDocument::Compact);
        const qint64 size = text.size();
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(reinterpret_cast<const char*>(&size),
                   sizeof size);  // little-endian, as all that runs this
        file.write(text);
        QVERIFY(file.resize(8 + size + bytes));
    }

    QStringList train(const QString& run) const {
        return {"train",
                "--data",
                folder_.filePath("images"),
                "-o",
                folder_.filePath(run),
                "--arch",
                "vit_tiny",
                "--img-size",
                "32",
                "--global-crop-size",
                "32",
                "--local-crops-number",
                "0",
                "--batch-size-per-gpu",
                "2",
                "--epochs",
                "1",
                "--warmup-epochs",
                "0",
                "--threads",
                "1"};
    }

    static Outcome withLittleMemory(const QStringList& arguments) {
        QProcess process;
        process.setChildProcessModifier([] {
            const rlimit limit{kAddressSpace, kAddressSpace};
            setrlimit(RLIMIT_AS, &limit);
        });
        start(process, arguments);
        return finish(process);
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(OutOfMemoryTest)
#include "out_of_memory_test.moc"
