#include "engine/weights/pickle_writer.h"

#include <sys/resource.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <numeric>

#include "engine/weights/checkpoint.h"
#include "engine/weights/torch_file.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

struct Sample {
    ElementType type;
    std::vector<std::int64_t> sizes;
    std::vector<std::byte> bytes;

    TorchTensor tensor() const { return {type, sizes, bytes}; }
};

Sample sample(ElementType type, std::vector<std::int64_t> sizes, unsigned seed) {
    const auto count = static_cast<std::size_t>(*elementCount(sizes)) * elementSize(type);
    Sample made{type, std::move(sizes), std::vector<std::byte>(count)};
    for (std::size_t i = 0; i < count; ++i)
        made.bytes[i] = static_cast<std::byte>(type == ElementType::Bool ? i % 2 : (i * 31 + seed) % 120);
    return made;
}

const std::vector<Sample>& samples() {
    static const std::vector<Sample> made{
        sample(ElementType::F32, {3, 5}, 1),     sample(ElementType::F16, {7}, 2),
        sample(ElementType::BF16, {2, 2, 2}, 3), sample(ElementType::I64, {4}, 4),
        sample(ElementType::U8, {5, 1}, 5),      sample(ElementType::F32, {}, 6),
        sample(ElementType::F32, {0, 3}, 7),     sample(ElementType::Bool, {3}, 8),
        sample(ElementType::F64, {2}, 9),        sample(ElementType::I32, {3}, 10)};
    return made;
}

/// A training checkpoint in the reference's nesting, with every kind of value.
TorchValue someCheckpoint() {
    TorchValue::Entries weights;
    for (std::size_t i = 0; i < samples().size(); ++i)
        weights.emplace_back("module.backbone.w" + std::to_string(i), samples()[i].tensor());
    const TorchValue group = TorchValue::dict({{"lr", 5e-4},
                                               {"betas", TorchValue::tuple({0.9, 0.999})},
                                               {"amsgrad", false},
                                               {"maximize", TorchValue()},
                                               {"params", TorchValue::list({0, 1, 255, 256, 70000})}});
    const TorchValue state = TorchValue::dict(
        {{0, TorchValue::dict({{"step", samples()[5].tensor()}, {"exp_avg", samples()[0].tensor()}})}});
    return TorchValue::dict(
        {{"student", TorchValue::orderedDict(weights)},
         {"teacher", TorchValue::orderedDict({{"backbone.a", samples()[1].tensor()}})},
         {"optimizer", TorchValue::dict({{"state", state}, {"param_groups", TorchValue::list({group})}})},
         {"epoch", 12},
         {"args", TorchValue::dict({{"arch", "vit_small"},
                                    {"norm_last_layer", true},
                                    {"global_crops_scale", TorchValue::list({0.4, 1.0})},
                                    {"data_path", "/é漢/it's"}})},
         {"dinoscope", TorchValue::dict({{"step", std::int64_t(1) << 40},
                                         {"least", std::numeric_limits<std::int64_t>::min()},
                                         {"negative", -5},
                                         {"empty", TorchValue::list({})},
                                         {"nothing", TorchValue::tuple({})},
                                         {"infinite", std::numeric_limits<double>::infinity()}})}});
}

/// The line that describe_torch_file.py prints for a tensor.
std::string line(const std::string& path, const Sample& sample) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < sample.bytes.size(); ++i)
        total += std::int64_t(sample.bytes[i]) * std::int64_t(i % 251 + 1);
    return path + " tensor torch." + std::string(name(sample.type)) + " " + shapeText(sample.sizes) + " " +
           std::to_string(total);
}

std::string python() {
    const QByteArray given = qgetenv("DINOSCOPE_PYTHON");
    const std::string program = given.isEmpty() ? "python3" : given.toStdString();
    QProcess process;
    process.start(QString::fromStdString(program),
                  {"-c", "import torch; assert int(torch.__version__[0]) >= 2"});
    const bool works = process.waitForStarted() && process.waitForFinished(120'000) &&
                       process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    return works ? program : std::string();
}

}  // namespace

class PickleWriterTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    std::string path(const char* name) const { return folder_.filePath(name).toStdString(); }

    void verifyReadsBack(const std::string& file) const {
        const std::string content = contentOf(file);
        const TorchFile torch = TorchFile::openZip(std::as_bytes(std::span(content)), "test");
        const PickleValue root = torch.tree().root();
        const PickleValue student = *root.find("student");
        QCOMPARE(student.size(), samples().size());
        for (std::size_t i = 0; i < samples().size(); ++i) {
            const PickledTensor& tensor = student.value(i).tensor();
            QVERIFY(tensor.type == samples()[i].type);
            QCOMPARE(tensor.sizes, samples()[i].sizes);
            const TensorView view = torch.view(tensor, "w");
            QCOMPARE(view.strides, contiguousStrides(samples()[i].sizes));
            QVERIFY(std::equal(view.bytes.begin(), view.bytes.end(), samples()[i].bytes.begin(),
                               samples()[i].bytes.end()));
        }
        const PickleValue ours = *root.find("dinoscope");
        QCOMPARE(ours.find("step")->integer(), std::int64_t(1) << 40);
        QCOMPARE(ours.find("least")->integer(), std::numeric_limits<std::int64_t>::min());
        QCOMPARE(ours.find("negative")->integer(), std::int64_t(-5));
        QVERIFY(std::isinf(ours.find("infinite")->real()));
        QVERIFY(ours.find("nothing")->is(PickleKind::Tuple) && ours.find("nothing")->size() == 0);
        const PickleValue args = *root.find("args");
        QCOMPARE(args.find("data_path")->text(), std::string("/é漢/it's"));
        QVERIFY(args.find("norm_last_layer")->boolean());
        QCOMPARE(args.find("global_crops_scale")->item(0).real(), 0.4);
        const PickleValue group = root.find("optimizer")->find("param_groups")->item(0);
        QVERIFY(group.find("maximize")->is(PickleKind::None));
        QCOMPARE(group.find("params")->item(4).integer(), std::int64_t(70000));
        QCOMPARE(root.find("optimizer")->find("state")->key(0).integer(), std::int64_t(0));
    }

private Q_SLOTS:
    void ourReaderReadsItBack() {
        const std::string file = path("small.pth");
        writeTorchFile(file, someCheckpoint());
        verifyReadsBack(file);
    }

    void soItDoesInTheWayOfLargeFiles() {
        const std::string file = path("zip64.pth");
        writeTorchFile(file, someCheckpoint(), 0);
        verifyReadsBack(file);
        writeTorchFile(file, someCheckpoint(), 40);  // some entries only
        verifyReadsBack(file);
    }

    void aCheckpointIsRecognised() {
        const std::string file = path("checkpoint.pth");
        writeTorchFile(file, someCheckpoint());
        const Checkpoint checkpoint{std::filesystem::path(file)};
        QCOMPARE(checkpoint.format(), std::string("torch zip"));
        QVERIFY(checkpoint.group("student") && checkpoint.group("teacher"));
        QCOMPARE(checkpoint.epoch().value_or(-1), std::int64_t(12));
        QVERIFY(!checkpoint.options().empty());
    }

    void tensorsAreAlignedAndTheSameValueGivesTheSameBytes() {
        const std::string file = path("aligned.pth");
        writeTorchFile(file, someCheckpoint());
        const std::string content = contentOf(file);
        const TorchFile torch = TorchFile::openZip(std::as_bytes(std::span(content)), "test");
        const auto* start = std::as_bytes(std::span(content)).data();
        for (const PickledTensor& tensor : torch.tree().tensors()) {
            if (elementCount(tensor.sizes) == 0) continue;
            QCOMPARE((torch.view(tensor, "t").bytes.data() - start) % 64, std::ptrdiff_t(0));
        }
        writeTorchFile(path("again.pth"), someCheckpoint());
        QCOMPARE(contentOf(path("again.pth")), content);
    }

    void tensorsAreFetchedOneByOneInTheirTurn() {
        std::vector<std::byte> buffer;
        std::vector<int> turns;
        TorchValue::Entries entries;
        for (int i = 0; i < 3; ++i) {
            const auto fetch = [&buffer, &turns, i]() -> std::span<const std::byte> {
                turns.push_back(i);
                buffer.assign(8, static_cast<std::byte>(i));
                return buffer;
            };
            entries.emplace_back("t" + std::to_string(i), TorchTensor{ElementType::F32, {2}, {}, fetch});
        }
        const std::string file = path("fetched.pth");
        writeTorchFile(file, TorchValue::dict(entries));
        QCOMPARE(turns, (std::vector<int>{0, 1, 2}));
        const std::string content = contentOf(file);
        const TorchFile torch = TorchFile::openZip(std::as_bytes(std::span(content)), "test");
        for (std::size_t i = 0; i < 3; ++i)
            QCOMPARE(int(torch.view(torch.tree().tensors()[i], "t").bytes[7]), int(i));
    }

    void moreThan65535Tensors() {
        const Sample one = sample(ElementType::U8, {1}, 3);
        TorchValue::Items items(66'000, TorchValue(one.tensor()));
        const std::string file = path("many.pth");
        writeTorchFile(file, TorchValue::list(std::move(items)));
        const std::string content = contentOf(file);
        QCOMPARE(TorchFile::openZip(std::as_bytes(std::span(content)), "test").tree().tensors().size(),
                 std::size_t(66'000));
    }

    void textsThatAreNoUtf8BecomeWhatPythonMakesOfThem() {
        const std::string file = path("text.pth");
        writeTorchFile(file, TorchValue::list({"a\xff"
                                               "b",
                                               "\xc3\xa9", "\xed\xa0\x80"}));
        const std::string content = contentOf(file);
        const TorchFile torch = TorchFile::openZip(std::as_bytes(std::span(content)), "test");
        QCOMPARE(torch.tree().root().item(0).text(), std::string("a\xed\xb3\xbf"
                                                                 "b"));  // U+DCFF
        QCOMPARE(torch.tree().root().item(1).text(), std::string("\xc3\xa9"));
        QCOMPARE(torch.tree().root().item(2).text().size(), std::size_t(9));
    }

    void whatCannotBeWrittenLeavesWhatWasThere() {
        const std::string file = path("kept.pth");
        writeContent(file, "before");
        const Sample good = sample(ElementType::F32, {4}, 1);
        const auto failing = [&](const TorchTensor& tensor) {
            return errorOf([&] { writeTorchFile(file, TorchValue::list({good.tensor(), tensor})); });
        };
        VERIFY_SAYS(failing({ElementType::F32, {3}, good.bytes}),
                    "kept.pth: a tensor of float32 [3] does not match its 16 bytes");
        VERIFY_SAYS(failing({ElementType::F8E4M3, {16}, good.bytes}), "has no storage class");
        VERIFY_SAYS(failing({ElementType::F32, {-1}, {}}), "has an impossible shape");
        VERIFY_SAYS(failing({ElementType::F32, {std::int64_t(1) << 62, 8}, {}}), "has an impossible shape");
        const auto breaks = []() -> std::span<const std::byte> { throw Error("the device is gone"); };
        VERIFY_SAYS(failing({ElementType::F32, {4}, {}, breaks}), "the device is gone");
        QCOMPARE(contentOf(file), std::string("before"));
        QCOMPARE(QDir(folder_.path()).entryList({".*kept*"}, QDir::Files | QDir::Hidden).size(), 0);
    }

    void aFullDiskLeavesWhatWasThere() {
        const std::string file = path("full.pth");
        writeContent(file, "before");
        const Sample large = sample(ElementType::F32, {100, 1000}, 1);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{100'000, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &tight);
        const std::string said = errorOf([&] { writeTorchFile(file, TorchValue::list({large.tensor()})); });
        setrlimit(RLIMIT_FSIZE, &old);
        VERIFY_SAYS(said, "full.pth: the file cannot be written");
        QCOMPARE(contentOf(file), std::string("before"));
    }

    void torchLoadsItWithWeightsOnly() {
        const std::string program = python();
        if (program.empty()) QSKIP("no Python with torch here; DINOSCOPE_PYTHON names one");
        for (const std::uint64_t zip64From : {std::uint64_t{0xFFFFFFFF}, std::uint64_t{0}}) {
            const std::string file = path("python.pth");
            writeTorchFile(file, someCheckpoint(), zip64From);
            QProcess process;
            process.start(
                QString::fromStdString(program),
                {SOURCE_DIR "/tests/unit/weights/describe_torch_file.py", QString::fromStdString(file)});
            QVERIFY(process.waitForFinished(120'000));
            const QString errors = process.readAllStandardError();
            QVERIFY2(process.exitCode() == 0, qPrintable(errors));
            const QStringList lines = QString::fromUtf8(process.readAllStandardOutput()).split('\n');
            std::vector<std::string> expected{" dict 6",
                                              "/'epoch' int 12",
                                              "/'student' OrderedDict 10",
                                              "/'teacher' OrderedDict 1",
                                              "/'optimizer'/'param_groups'/0/'betas' tuple 2",
                                              "/'optimizer'/'param_groups'/0/'lr' float 0.0005",
                                              "/'optimizer'/'param_groups'/0/'maximize' NoneType None",
                                              "/'optimizer'/'param_groups'/0/'params'/4 int 70000",
                                              "/'args' dict 4",
                                              "/'args'/'norm_last_layer' bool True",
                                              "/'args'/'data_path' str \"/é漢/it's\"",
                                              "/'args'/'global_crops_scale'/1 float 1.0",
                                              "/'dinoscope'/'step' int 1099511627776",
                                              "/'dinoscope'/'least' int -9223372036854775808",
                                              "/'dinoscope'/'negative' int -5",
                                              "/'dinoscope'/'infinite' float inf",
                                              "/'dinoscope'/'empty' list 0",
                                              "/'dinoscope'/'nothing' tuple 0",
                                              line("/'optimizer'/'state'/0/'exp_avg'", samples()[0])};
            for (std::size_t i = 0; i < samples().size(); ++i)
                expected.push_back(
                    line("/'student'/'module.backbone.w" + std::to_string(i) + "'", samples()[i]));
            for (const std::string& one : expected) {
                // Once read, once mapped.
                QVERIFY2(lines.count(QString::fromStdString(one)) == 2, one.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(PickleWriterTest)
#include "pickle_writer_test.moc"
