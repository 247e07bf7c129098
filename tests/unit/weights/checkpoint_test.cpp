#include "engine/weights/checkpoint.h"

#include <QTemporaryDir>
#include <QTest>

#include "engine/weights/inspector.h"
#include "pickle_bytes.h"
#include "weights_test_tools.h"
#include "zip_bytes.h"

using namespace dinoscope;

namespace {

/// A file of torch.save in the zip format around a pickle and a storage of `storageBytes` bytes.
std::string torchZip(const std::string& pickle, std::size_t storageBytes,
                     const std::string& order = "little") {
    ZipBytes zip;
    zip.add("x/data.pkl", pickle);
    zip.add("x/byteorder", order);
    zip.add("x/data/0", std::string(storageBytes, '\1'));
    return zip.finish();
}

/// {"a": tensor}
std::string stateDict(const std::function<void(PickleBytes&)>& tensor) {
    PickleBytes pickle;
    pickle.raw("}").text("a");
    tensor(pickle);
    return pickle.raw("s").stop();
}

/// The state dict of a small ViT of torch.save, where what is named `unread` is what `callable` of this
/// module gives.
std::string vitWithout(const std::string& unread, const std::string& module, const std::string& callable,
                       bool asParameter = false) {
    VitConfig config;
    config.dim = 64;
    config.depth = config.heads = 1;
    config.patchSize = 4;
    config.imageSize = 8;
    config.mlpDim = 128;
    PickleBytes pickle;
    pickle.raw("}");
    for (const auto& [name, shape] : expectedShapes(config)) {
        pickle.text(name);
        if (name == unread) {
            if (asParameter) pickle.global("torch._utils", "_rebuild_parameter").raw("(");
            pickle.global(module, callable).raw(")R");
            pickle.raw(asParameter ? "\x88)tRs" : "s");
            continue;
        }
        pickle.global("torch._utils", "_rebuild_tensor_v2").raw("(").storage("FloatStorage", "0", 1);
        pickle.integer(0).raw("(");
        for (const std::int64_t side : shape)
            pickle.integer(side);
        // One element again and again.
        pickle.raw("t(");
        for (std::size_t i = 0; i < shape.size(); ++i)
            pickle.integer(0);
        pickle.raw("t\x89)tRs");
    }
    return torchZip(pickle.stop(), 4);
}

void openAll(const std::string& bytes) {
    const Checkpoint checkpoint(asBytes(bytes), "test.pth");
    for (const TensorGroup& group : checkpoint.groups()) {
        for (std::size_t i = 0; i < group.tensors.size(); ++i)
            checkpoint.view(group, i);
    }
}

std::string failure(const std::string& bytes) {
    return errorOf([&] { openAll(bytes); });
}

}  // namespace

class CheckpointTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTruncationIsAnErrorThatNamesTheFile_data() {
        QTest::addColumn<QByteArray>("name");
        for (const char* name :
             {"backbone.pth", "legacy.pth", "protocol4.pth", "training.pth", "odd.pth", "odd_legacy.pth",
              "repacked.pth", "compressed.pth", "backbone.safetensors"}) {
            QTest::newRow(name) << QByteArray(name);
        }
    }

    void everyTruncationIsAnErrorThatNamesTheFile() {
        QFETCH(QByteArray, name);
        const std::string whole = contentOf(golden(name.toStdString()));
        QVERIFY(whole.size() > 1000);
        for (std::size_t length = 0; length < whole.size(); length += 64) {
            // Exactly as long as it is, so that a sanitizer sees a byte too far.
            const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            const std::string said =
                errorOf([&] { Checkpoint(std::as_bytes(std::span(cut.data(), cut.size())), "test.pth"); });
            VERIFY_SAYS(said, "test.pth: ");
        }
    }

    void formatsAreToldByContent() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("wrong.jpg").toStdString();
        writeContent(path, contentOf(golden("backbone.safetensors")));
        QCOMPARE(Checkpoint(path).format(), std::string("safetensors"));
        QCOMPARE(Checkpoint(golden("backbone.pth")).format(), std::string("torch zip"));
        QCOMPARE(Checkpoint(golden("legacy.pth")).format(), std::string("torch legacy"));
    }

    void whatIsNoWeightsFileIsToldInASentence() {
        VERIFY_SAYS(failure(""), "test.pth: the file is empty");
        VERIFY_SAYS(failure("hello, this is text"), "not a weights file");
        VERIFY_SAYS(failure("\n<!DOCTYPE html><html>"), "web page");
        VERIFY_SAYS(failure("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull");
        VERIFY_SAYS(failure("\xff\xd8\xff\xe0 a picture"), "not a weights file");
        VERIFY_SAYS(failure(contentOf(golden("values.p4.pkl"))), "not one that torch.save wrote");
        VERIFY_SAYS(errorOf([] { Checkpoint("/nonexistent.pth"); }), "no such file");
        VERIFY_SAYS(errorOf([] { Checkpoint("/"); }), "folder");
        ZipBytes zip;
        zip.add("readme.txt", "hello");
        VERIFY_SAYS(failure(zip.finish()), "no data.pkl");
        zip.add("x/data.pkl", "");
        zip.add("y/data.pkl", "");
        VERIFY_SAYS(failure(zip.finish()), "more than one data.pkl");
        ZipBytes script;
        script.add("x/data.pkl", PickleBytes().raw("N").stop());
        script.add("x/constants.pkl", PickleBytes().raw("N").stop());
        VERIFY_SAYS(failure(script.finish()), "TorchScript");
        VERIFY_SAYS(failure(torchZip(PickleBytes().raw("N").stop(), 4)), "no tensors");
        const std::string model = PickleBytes().global("vits", "VisionTransformer").raw(")R").stop();
        VERIFY_SAYS(failure(torchZip(model, 4)), "Python object (vits.VisionTransformer)");
    }

    void aFileWithoutNamedTensorsIsToldWhatItIs() {
        PickleBytes tensor;
        tensor.tensor(6, 0, 2, 3, 3, 1);
        VERIFY_SAYS(failure(torchZip(tensor.stop(), 24)), "a single tensor without a name");
        PickleBytes list;
        list.raw("](").tensor(6, 0, 2, 3, 3, 1).tensor(6, 0, 2, 3, 3, 1).raw("e");
        VERIFY_SAYS(failure(torchZip(list.stop(), 24)), "a list of length 2");
        PickleBytes bytes;
        bytes
            .raw(
                "}C\x01"
                "a")
            .tensor(6, 0, 2, 3, 3, 1)
            .raw("s");
        VERIFY_SAYS(failure(torchZip(bytes.stop(), 24)), "not named by texts");
        VERIFY_SAYS(failure(torchZip(bytes.stop(), 24)), "save the network's state_dict()");
    }

    void whatStandsForATensorButIsNotReadIsNamed_data() {
        QTest::addColumn<QByteArray>("module");
        QTest::addColumn<QByteArray>("callable");
        QTest::addColumn<QByteArray>("kind");
        const auto row = [](const char* module, const char* callable, const char* kind) {
            QTest::newRow(callable) << QByteArray(module) << QByteArray(callable) << QByteArray(kind);
        };
        row("numpy.core.multiarray", "_reconstruct", "a numpy array");
        row("numpy._core.numeric", "_frombuffer", "a numpy array");
        row("torch._utils", "_rebuild_qtensor", "quantised");
        row("torch._utils", "_rebuild_sparse_tensor", "sparse");
        row("torch._utils", "_rebuild_meta_tensor_no_storage", "of the meta device, without its numbers");
        row("torch._utils", "_rebuild_nested_tensor", "of a kind that is not read");
    }

    void whatStandsForATensorButIsNotReadIsNamed() {
        QFETCH(QByteArray, module);
        QFETCH(QByteArray, callable);
        QFETCH(QByteArray, kind);
        const auto refused = [&](const std::string& name, bool asParameter) {
            const std::string bytes =
                vitWithout(name, module.toStdString(), callable.toStdString(), asParameter);
            return errorOf([&] {
                if (const auto error = refusal(inspect(Checkpoint(asBytes(bytes), "test.pth")))) throw *error;
            });
        };
        for (const char* name : {"norm.weight", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight"}) {
            for (const bool asParameter : {false, true}) {
                const std::string said = refused(name, asParameter);
                VERIFY_SAYS(said, name + std::string(" (it is ") + kind.toStdString() + ")");
                VERIFY_SAYS(said, "save them as dense float32 tensors");
            }
        }
        QCOMPARE(refused("none", false), std::string());
    }

    void aPickleThatRunsCommandsRunsNothing() {
        const std::string attack =
            PickleBytes().global("os", "system").raw("(").text("exit 1").raw("tR").stop();
        VERIFY_SAYS(failure(torchZip(attack, 4)), "os.system");
    }

    void tensorsStayWithinTheirStorage_data() {
        QTest::addColumn<QByteArray>("pickle");
        QTest::addColumn<QByteArray>("sentence");
        const auto row = [](const char* name, const char* sentence, std::int64_t count, std::int64_t offset,
                            std::int64_t rows, std::int64_t columns, std::int64_t rowStride,
                            std::int64_t columnStride, const char* key = "0") {
            const std::string pickle = stateDict([&](PickleBytes& bytes) {
                bytes.tensor(count, offset, rows, columns, rowStride, columnStride, key);
            });
            QTest::newRow(name) << QByteArray::fromStdString(pickle) << QByteArray(sentence);
        };
        constexpr std::int64_t kHuge = std::int64_t(1) << 62;
        row("fits", "", 6, 0, 2, 3, 3, 1);
        row("fits transposed", "", 6, 0, 3, 2, 1, 3);
        row("empty", "", 6, 0, 0, 3, 3, 1);
        row("too large", "beyond", 6, 0, 2, 4, 4, 1);
        row("too far", "beyond", 6, 1, 2, 3, 3, 1);
        row("stride too wide", "beyond", 6, 0, 2, 3, 4, 1);
        row("a terabyte", "shorter", std::int64_t(1) << 38, 0, 1 << 19, 1 << 19, 1 << 19, 1);
        row("storage too short", "shorter", 7, 0, 2, 3, 3, 1);
        row("overflowing size", "impossible", 6, 0, kHuge, kHuge, 0, 0);
        row("overflowing stride", "impossible", 6, 0, 3, 3, kHuge, kHuge);
        row("overflowing offset", "impossible", 6, INT64_MAX, 2, 3, 3, 1);
        row("repeated without end", "more elements", 6, 0, 1'000'000'000, 1'000, 0, 0);
        row("no such storage", "missing", 6, 0, 2, 3, 3, 1, "1");
        row("storage outside", "missing", 6, 0, 2, 3, 3, 1, "../byteorder");
    }

    void tensorsStayWithinTheirStorage() {
        QFETCH(QByteArray, pickle);
        QFETCH(QByteArray, sentence);
        const std::string said = failure(torchZip(pickle.toStdString(), 24));
        if (sentence.isEmpty()) {
            QCOMPARE(said, std::string());
        } else {
            VERIFY_SAYS(said, sentence.toStdString());
        }
    }

    void bigEndianFilesAreRefused() {
        const std::string pickle = stateDict([](PickleBytes& bytes) { bytes.tensor(6, 0, 2, 3, 3, 1); });
        QCOMPARE(failure(torchZip(pickle, 24)), std::string());
        VERIFY_SAYS(failure(torchZip(pickle, 24, "big")), "big-endian");
    }

    void oneNameForTwoTensorsIsAnError() {
        PickleBytes pickle;
        pickle.raw("}")
            .text("a")
            .tensor(6, 0, 2, 3, 3, 1)
            .raw("s")
            .text("a")
            .tensor(6, 0, 3, 2, 2, 1)
            .raw("s");
        VERIFY_SAYS(failure(torchZip(pickle.stop(), 24)), "two tensors are named a");
    }

    void sharedDictsAreNotListedWithoutEnd() {
        // A thousand keys for one dict of a thousand tensors.
        PickleBytes pickle;
        pickle.raw("}").tensor(6, 0, 2, 3, 3, 1).raw("q").little(0, 1).raw("0}(");
        for (int i = 0; i < 1000; ++i)
            pickle.text("t" + std::to_string(i)).raw("h").little(0, 1);
        pickle.raw("uq").little(1, 1).raw("0(");
        for (int i = 0; i < 1000; ++i)
            pickle.text("g" + std::to_string(i)).raw("h").little(1, 1);
        pickle.raw("u");
        VERIFY_SAYS(failure(torchZip(pickle.stop(), 24)), "more than 200000 tensors");
    }

    void compressedTensorsAreRefusedWithARemedy() {
        VERIFY_SAYS(failure(contentOf(golden("compressed.pth"))), "zip -0");
        VERIFY_SAYS(failure(contentOf(golden("repacked.pth"))),
                    "expanded claims more elements");  // read, but for one
    }

    void legacyStoragesThatLieAreErrors() {
        const std::string whole = contentOf(golden("odd_legacy.pth"));
        // The first storage's count is the first int64 after the pickle of keys; make each int64 near it lie.
        int refused = 0;
        for (std::size_t position = 0; position + 8 <= whole.size(); position += 8) {
            std::string bytes = whole;
            bytes.replace(position, 8, std::string(8, '\x7f'));
            if (!failure(bytes).empty()) ++refused;
        }
        QVERIFY(refused > 20);
    }
};

QTEST_APPLESS_MAIN(CheckpointTest)
#include "checkpoint_test.moc"
