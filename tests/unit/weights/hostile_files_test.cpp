#include <sys/resource.h>

#include <QElapsedTimer>
#include <QTest>

#include "engine/weights/inspector.h"
#include "pickle_bytes.h"
#include "weights_test_tools.h"
#include "zip_bytes.h"

using namespace dinoscope;

namespace {

std::int64_t peakKilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

std::string zipAround(const std::string& pickle) {
    ZipBytes zip;
    zip.add("x/data.pkl", pickle);
    zip.add("x/data/0", std::string(16, '\1'));
    return zip.finish();
}

std::string safetensors(const std::string& header, std::size_t data = 0) {
    return ZipBytes::little(header.size(), 8) + header + std::string(data, '\0');
}

std::string entry(const std::string& name, const std::string& shape, std::int64_t begin, std::int64_t end) {
    return "\"" + name + "\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// Lists that each hold the one before twice: 2^n values for a walker that does not count.
std::string doubledLists(int times) {
    PickleBytes pickle;
    pickle.raw("}").text("args").raw("]q").little(0, 1);
    for (int i = 0; i < times; ++i)
        pickle.raw("]q")
            .little(std::uint64_t(i) + 1, 1)
            .raw("(h")
            .little(std::uint64_t(i), 1)
            .raw("h")
            .little(std::uint64_t(i), 1)
            .raw("e");
    return pickle.raw("s").stop();
}

/// What a ViT's tensors are called, all empty, with these shapes in places.
std::string emptyVit(const std::string& patch, const std::string& extra) {
    return safetensors("{" + entry("patch_embed.proj.weight", patch, 0, 0) + "," +
                       entry("blocks.0.attn.qkv.weight", "[0]", 0, 0) + "," + extra + "}");
}

}  // namespace

/// Files of a kilobyte or two that claim to be large.
class HostileFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSmallFileTakesNeitherMemoryNorTime_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QVERIFY2(bytes.size() <= 2048, name);
            QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size()));
        };
        row("lists doubled 100 times", zipAround(doubledLists(100)));
        row("tensor of 2^62 elements",
            zipAround(
                PickleBytes().raw("}").text("a").tensor(4, 0, 1LL << 31, 1LL << 31, 0, 0).raw("s").stop()));
        row("tensor with strides over the end",
            zipAround(PickleBytes().raw("}").text("a").tensor(4, 0, 2, 2, INT64_MAX, 1).raw("s").stop()));
        row("tensor at an offset over the end",
            zipAround(PickleBytes().raw("}").text("a").tensor(4, INT64_MAX, 2, 2, 2, 1).raw("s").stop()));
        row("storage of 2^60 elements",
            zipAround(PickleBytes().raw("}").text("a").tensor(1LL << 60, 0, 2, 2, 2, 1).raw("s").stop()));
        row("negative strides",
            zipAround(PickleBytes().raw("}").text("a").tensor(4, 0, 2, 2, -1, 1).raw("s").stop()));
        row("nested 1,500 deep", zipAround(PickleBytes().raw(std::string(1500, '(')).stop()));
        row("a far memo slot", zipAround(PickleBytes().raw("}r").little(0xFFFFFFFF, 4).stop()));
        ZipBytes bomb;
        bomb.add("x/data.pkl", std::string(100, 'a'));
        bomb.entries[0].method = 8;
        bomb.entries[0].size = 0xFFFFFFF0;
        row("an entry that unpacks to 4 GB", bomb.finish());
        bomb.entries[0].method = 0;
        row("a stored entry of 4 GB", bomb.finish());
        ZipBytes twice;
        twice.add("x/data.pkl", PickleBytes().raw("}").stop());
        twice.add("x/data/0", "abcd");
        twice.entries[1].header = twice.entries[0].header;
        row("overlapping entries", twice.finish());
        ZipBytes up;
        up.add("x/../../data.pkl", "N.");
        row("a name with ..", up.finish());
        ZipBytes sum;
        sum.add("x/data.pkl", PickleBytes().raw("}").stop()).crc ^= 1;
        row("a wrong checksum", sum.finish());
        ZipBytes many;
        many.add("x/data.pkl", "N.");
        row("65,535 entries claimed", many.finish(0xFFFF));
        row("zip64 around nothing", ZipBytes().finish64());
        row("safetensors of 2^62 elements",
            safetensors("{" + entry("a", "[4611686018427387904,4]", 0, 0) + "}"));
        row("safetensors beyond the file",
            safetensors("{" + entry("a", "[2]", 1LL << 60, (1LL << 60) + 8) + "}"));
        row("safetensors nested", safetensors("{" + std::string(1500, '{')));
        row("a patch of 2^30 channels", emptyVit("[1073741824,3,16,0]", entry("pos_embed", "[1,0,0]", 0, 0)));
        row("position table of 2^40 rows",
            emptyVit("[0,3,16,16]", entry("pos_embed", "[1,1099511627777,0]", 0, 0)));
        row("block number two billion",
            emptyVit("[64,3,16,0]", entry("blocks.2147483647.norm1.weight", "[0]", 0, 0)));
        row("block number 999", emptyVit("[65536,0,16,16]", entry("blocks.999.norm1.weight", "[0]", 0, 0)));
        row("registers without end",
            emptyVit("[65536,0,16,16]", entry("register_tokens", "[1,4611686018427387904,0]", 0, 0) + "," +
                                            entry("blocks.0.ls1.gamma", "[0]", 0, 0)));
        row("periods without end",
            emptyVit("[65536,0,16,16]", entry("rope_embed.periods", "[0]", 0, 0) + "," +
                                            entry("storage_tokens", "[1,0,4611686018427387904]", 0, 0)));
    }

    void aSmallFileTakesNeitherMemoryNorTime() {
        QFETCH(QByteArray, bytes);
        requireRefusal(bytes.toStdString());
    }

    // A deflated file holds a thousand instructions a byte.
    void aDeflatedPickleTakesLittleMoreThanItsInstructions_data() {
        QTest::addColumn<char>("instruction");
        QTest::newRow("None") << 'N';
        QTest::newRow("true") << '\x88';
        QTest::newRow("the value before again") << '2';
        QTest::newRow("marks") << '(';
    }

    void aDeflatedPickleTakesLittleMoreThanItsInstructions() {
        QFETCH(char, instruction);
        // In one piece: what the test itself takes hides as much.
        std::string pickle("\x80\x02N");
        pickle.append(60'000'000, instruction);
        ZipBytes zip;
        zip.addDeflated("x/data.pkl", pickle);
        pickle = {};
        requireRefusal(zip.finish());
    }

private:
    static void requireRefusal(const std::string& content) {
        const std::int64_t before = peakKilobytes();
        QElapsedTimer timer;
        timer.start();
        std::string said;
        try {
            const Checkpoint checkpoint(asBytes(content), "hostile");
            for (const TensorGroup& group : checkpoint.groups()) {
                for (std::size_t i = 0; i < group.tensors.size(); ++i)
                    checkpoint.view(group, i);
            }
            const auto error = refusal(inspect(checkpoint));
            said = error ? error->what() : "";
        } catch (const Error& error) {
            said = error.what();
        }
        QVERIFY2(!said.empty(), "it was taken for weights");
        QVERIFY2(said.size() < 2000, said.c_str());
        QVERIFY2(timer.elapsed() < 10'000, std::to_string(timer.elapsed()).c_str());
        const std::int64_t taken = peakKilobytes() - before;
        QVERIFY2(taken < 100'000, std::to_string(taken).c_str());
    }
};

QTEST_APPLESS_MAIN(HostileFilesTest)
#include "hostile_files_test.moc"
