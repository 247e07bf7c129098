#include "engine/weights/unpickler.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "pickle_bytes.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

PickleTree read(const std::string& bytes) {
    return Unpickler::read(asBytes(bytes), "test.pkl");
}

std::string failure(const std::string& bytes) {
    return errorOf([&] { read(bytes); });
}

}  // namespace

class UnpicklerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsEveryKindOfValueInEveryProtocol_data() {
        QTest::addColumn<int>("protocol");
        for (int protocol = 0; protocol <= 5; ++protocol)
            QTest::addRow("protocol %d", protocol) << protocol;
    }

    // The values are those of pickled_values() in tests/golden/weights/make.py.
    void readsEveryKindOfValueInEveryProtocol() {
        QFETCH(int, protocol);
        const std::string bytes = contentOf(golden("values.p" + std::to_string(protocol) + ".pkl"));
        const PickleTree tree = read(bytes);
        QCOMPARE(tree.encodedSize(), bytes.size());
        const PickleValue list = tree.root();
        QCOMPARE(list.size(), std::size_t(29));
        QVERIFY(list.item(0).is(PickleKind::None));
        QVERIFY(list.item(1).is(PickleKind::Bool) && list.item(1).boolean());
        QVERIFY(list.item(2).is(PickleKind::Bool) && !list.item(2).boolean());
        const std::int64_t integers[] = {0,          255,           65535,           -1,
                                         2147483647, -2147483648LL, 1099511627776LL, INT64_MIN};
        for (std::size_t i = 0; i < std::size(integers); ++i) {
            QVERIFY(list.item(3 + i).is(PickleKind::Int));
            QCOMPARE(list.item(3 + i).integer(), integers[i]);
        }
        QVERIFY(list.item(11).is(PickleKind::BigInt));
        QCOMPARE(list.item(11).text(),
                 std::string(protocol < 2 ? "1180591620717411303424" : "0x400000000000000000"));
        QCOMPARE(list.item(12).real(), 0.1);
        QCOMPARE(list.item(13).real(), -1e300);
        QCOMPARE(list.item(14).text(), std::string());
        QCOMPARE(list.item(15).text(), std::string("plain"));
        QVERIFY(list.item(16).is(PickleKind::Text));
        QCOMPARE(list.item(16).text(), std::string("Z\u00fcrich \u2192 \U0001f995"));
        QVERIFY(list.item(17).is(PickleKind::Bytes));
        QCOMPARE(list.item(17).text(), std::string("\0\xff bytes", 8));
        QCOMPARE(list.item(18).size(), std::size_t(0));
        QCOMPARE(list.item(19).item(1).item(1).item(0).integer(), std::int64_t(3));
        for (std::size_t length = 0; length <= 4; ++length) {
            QVERIFY(list.item(20 + length).is(PickleKind::Tuple));
            QCOMPARE(list.item(20 + length).size(), length);
        }
        QCOMPARE(list.item(24).item(3).integer(), std::int64_t(4));
        QCOMPARE(list.item(25).size(), std::size_t(0));
        QCOMPARE(list.item(26).size(), std::size_t(3));
        QCOMPARE(list.item(26).find("a")->integer(), std::int64_t(1));
        QVERIFY(!list.item(26).find("b"));
        QVERIFY(list.item(27).is(PickleKind::Dict));
        QCOMPARE(list.item(27).key(0).text(), std::string("z"));  // order of insertion
        QCOMPARE(list.item(27).key(1).text(), std::string("a"));
        const PickleValue space = list.item(28);
        QVERIFY(space.is(PickleKind::Opaque));
        if (protocol >= 2) QCOMPARE(space.text(), std::string("argparse.Namespace"));
        QCOMPARE(space.state()->find("depth")->integer(), std::int64_t(12));
    }

    void callsNothing() {
        const QTemporaryDir folder;
        const std::string witness = folder.filePath("called").toStdString();
        PickleBytes pickle;
        pickle.raw("]").global("posix", "system").raw("(").text("touch " + witness).raw("tRa");
        pickle.global("os", "system").raw("(").text("touch " + witness).raw("tRa");
        pickle.global("builtins", "eval").raw("(").text("open('" + witness + "', 'w')").raw("tRa");
        pickle.raw("(").text("touch " + witness).raw("ios\nsystem\na");                         // INST
        pickle.raw("(").global("os", "system").text("touch " + witness).raw("oa");              // OBJ
        pickle.global("os", "system").raw("(").text("touch " + witness).raw("t\x81").raw("a");  // NEWOBJ
        const PickleTree tree = read(pickle.stop());
        QCOMPARE(tree.root().size(), std::size_t(6));
        for (std::size_t i = 0; i < tree.root().size(); ++i)
            QVERIFY(tree.root().item(i).is(PickleKind::Opaque));
        QCOMPARE(tree.root().item(0).text(), std::string("posix.system"));
        QCOMPARE(tree.root().item(2).text(), std::string("builtins.eval"));
        QVERIFY(!std::filesystem::exists(witness));
    }

    void refusesWhatNeedsCodeToBeUnderstood() {
        VERIFY_SAYS(failure(PickleBytes().raw("\x82\x01").stop()), "copyreg extensions");
        VERIFY_SAYS(failure(PickleBytes().raw("\x97").stop()), "outside the file");
        VERIFY_SAYS(failure(PickleBytes().raw("P0\n").stop()), "torch.save");
        VERIFY_SAYS(failure(std::string("\x80\x09N.", 4)), "protocol");
    }

    void readsTensorsAndParameters() {
        PickleBytes pickle;
        pickle.raw("]").tensor(10, 2, 2, 3, 1, 2).raw("a");
        pickle.global("torch._utils", "_rebuild_parameter").raw("(").tensor(6, 0, 2, 3, 3, 1).raw("\x88)tRa");
        const PickleTree tree = read(pickle.stop());
        QCOMPARE(tree.tensors().size(), std::size_t(2));
        const PickledTensor& tensor = tree.root().item(0).tensor();
        QVERIFY(tensor.type == ElementType::F32);
        QCOMPARE(tensor.offset, std::int64_t(2));
        QVERIFY(tensor.sizes == (std::vector<std::int64_t>{2, 3}));
        QVERIFY(tensor.strides == (std::vector<std::int64_t>{1, 2}));
        QCOMPARE(tree.storages()[tensor.storage].count, std::int64_t(10));
        QVERIFY(tree.root().item(1).is(PickleKind::Tensor));
    }

    void refusesTensorsThatCannotBe() {
        VERIFY_SAYS(failure(PickleBytes().tensor(4, 0, -1, 4, 4, 1).stop()), "negative");
        VERIFY_SAYS(failure(PickleBytes().tensor(4, -1, 1, 4, 4, 1).stop()), "negative");
        VERIFY_SAYS(failure(PickleBytes().tensor(4, 0, 2, 2, 2, -1).stop()), "negative");
        VERIFY_SAYS(failure(PickleBytes().tensor(-4, 0, 2, 2, 2, 1).stop()), "negative");
        PickleBytes flat;
        flat.global("torch._utils", "_rebuild_tensor").raw("(NK\x01K\x02K\x03tR");
        VERIFY_SAYS(failure(flat.stop()), "no storage");
    }

    void aTruncatedPickleIsAnErrorThatNamesTheFile() {
        const std::string whole = contentOf(golden("values.p4.pkl"));
        for (std::size_t length = 0; length < whole.size(); ++length)
            VERIFY_SAYS(failure(whole.substr(0, length)), "test.pkl: ");
    }

    void deepNestingNeedsNoStack() {
        constexpr int kDepth = 1'000'000;
        PickleBytes pickle;
        pickle.raw(std::string(kDepth, ']')).raw(std::string(kDepth - 1, 'a'));
        const PickleTree tree = read(pickle.stop());
        QCOMPARE(tree.root().size(), std::size_t(1));
    }

    void sharedValuesAreNotMultiplied() {
        // Ten references to ten references to …: 10^100 leaves if they were copied.
        PickleBytes pickle;
        pickle.text("ha").raw("q").little(0, 1);
        for (int level = 1; level <= 100; ++level) {
            pickle.raw("(");
            for (int i = 0; i < 10; ++i)
                pickle.raw("h").little(static_cast<unsigned>(level - 1), 1);
            pickle.raw("tq").little(static_cast<unsigned>(level), 1);
        }
        const PickleTree tree = read(pickle.stop());
        QVERIFY(tree.size() < 200);
        QCOMPARE(tree.root().size(), std::size_t(10));
    }

    void aListMayHoldItself() {
        const PickleTree tree =
            read(PickleBytes().raw("]q").little(0, 1).raw("h").little(0, 1).raw("a").stop());
        QVERIFY(tree.root().item(0).is(PickleKind::List));
    }

    void lengthsThatLieTakeNoMemory() {
        for (const char* op :
             {"X\xff\xff\xff\x7f", "B\xff\xff\xff\x7f", "T\xff\xff\xff\x7f", "\x8b\xff\xff\xff\x7f"})
            VERIFY_SAYS(failure(PickleBytes().raw(std::string_view(op, 5)).stop()), "ends too early");
        VERIFY_SAYS(failure(PickleBytes().raw("\x8d").little(UINT64_MAX, 8).stop()), "ends too early");
        QCOMPARE(read(PickleBytes().raw("Nr").little(0xFFFFFFFF, 4).stop()).size(),
                 std::size_t(3));  // a far memo slot
    }

    void limitsHold() {
        UnpickleLimits limits;
        limits.objects = 1000;
        limits.textBytes = 1000;
        limits.tensors = 3;
        const auto failureWithin = [&](const std::string& bytes) {
            return errorOf([&] { Unpickler::read(asBytes(bytes), "test.pkl", limits); });
        };
        VERIFY_SAYS(failureWithin(PickleBytes().raw(std::string(2000, ']')).stop()), "more than 1000 values");
        VERIFY_SAYS(failureWithin(PickleBytes().text(std::string(1001, 'x')).stop()), "text");
        PickleBytes tensors;
        for (int i = 0; i < 4; ++i)
            tensors.tensor(4, 0, 2, 2, 2, 1);
        VERIFY_SAYS(failureWithin(tensors.stop()), "more than 3");
        // A long text, kept once and turned into bytes again and again.
        PickleBytes copies;
        copies.text(std::string(400, 'x')).raw("q").little(0, 1).text("latin1").raw("q").little(1, 1);
        for (int i = 0; i < 4; ++i)
            copies.global("_codecs", "encode").raw(std::string_view("h\0h\1\x86R", 6));
        VERIFY_SAYS(failureWithin(copies.stop()), "text");
    }

    void whatOneByteRepeatsIsCountedToo() {
        UnpickleLimits limits;
        limits.objects = 1000;
        const auto failureWithin = [&](const std::string& bytes) {
            return errorOf([&] { Unpickler::read(asBytes(bytes), "test.pkl", limits); });
        };
        for (const char* op : {"N", "\x88", "\x89"}) {
            const std::string many(1001, *op);
            VERIFY_SAYS(failureWithin(PickleBytes().raw(many).stop()), "more than 1000 values on its stack");
        }
        VERIFY_SAYS(failureWithin(PickleBytes().raw("N").raw(std::string(1000, '2')).stop()), "on its stack");
        VERIFY_SAYS(failureWithin(PickleBytes().raw(std::string(1001, '(')).stop()), "more than 1000 marks");
        // What is taken off again is no longer there: only what stays in containers counts then.
        std::string freed;
        for (int i = 0; i < 5000; ++i)
            freed += "(N00";
        QCOMPARE(failureWithin(PickleBytes().raw("N").raw(freed).stop()), std::string());
    }

    void placesInContainersAreCountedWhateverStandsThere_data() {
        QTest::addColumn<QByteArray>("round");
        QTest::newRow("append") << QByteArray("Na");
        QTest::newRow("appends") << QByteArray("(NNe");
        QTest::newRow("tuple") << QByteArray(
            "NNN\x87"
            "0");
        QTest::newRow("list") << QByteArray("(NNNl0");
        QTest::newRow("set item") << QByteArray("}NNs0");
        QTest::newRow("set items") << QByteArray("}(NNNNu0");
    }

    void placesInContainersAreCountedWhateverStandsThere() {
        QFETCH(QByteArray, round);
        UnpickleLimits limits;
        limits.objects = 1000;
        const auto failureAfter = [&](int rounds) {
            const std::string bytes = PickleBytes().raw("]").raw(round.repeated(rounds).toStdString()).stop();
            return errorOf([&] { Unpickler::read(asBytes(bytes), "test.pkl", limits); });
        };
        QCOMPARE(failureAfter(200), std::string());
        VERIFY_SAYS(failureAfter(1001), "more than 1000 values");
    }

    void callsWithSharedArgumentsTakeLinearTime() {
        // One tuple of 100,000 values given to 100,000 calls; one list of pairs given to as many
        // OrderedDicts.
        constexpr int kMany = 100'000;
        PickleBytes calls;
        calls.raw("(")
            .raw(std::string(kMany, 'N'))
            .raw("tq")
            .little(0, 1)
            .global("collections", "OrderedDict");
        calls.raw("q").little(1, 1);
        for (int i = 0; i < kMany; ++i)
            calls.raw(std::string_view("h\1h\0R", 5));
        QVERIFY(read(calls.stop()).size() < std::size_t(3 * kMany));

        PickleBytes copies;
        copies.raw("(NN\x86q").little(2, 1).raw("0(");
        for (int i = 0; i < kMany; ++i)
            copies.raw("h").little(2, 1);
        copies.raw("l\x85q").little(0, 1).global("collections", "OrderedDict").raw("q").little(1, 1);
        for (int i = 0; i < kMany; ++i)
            copies.raw(std::string_view("h\1h\0R", 5));
        VERIFY_SAYS(failure(copies.stop()), "lists and dictionaries hold more than");
    }

    void brokenProgramsAreErrors() {
        VERIFY_SAYS(failure(""), "ends too early");
        VERIFY_SAYS(failure(std::string("\x80\x02.", 3)), "stack");
        VERIFY_SAYS(failure(PickleBytes().raw("t").stop()), "mark");
        VERIFY_SAYS(failure(PickleBytes().raw("h\x05").stop()), "not there");
        VERIFY_SAYS(failure(PickleBytes().raw("NNa").stop()), "no list");
        VERIFY_SAYS(failure(PickleBytes().raw("NNNs").stop()), "no dict");
        VERIFY_SAYS(failure(PickleBytes().raw("}(Nu").stop()), "no value");
        VERIFY_SAYS(failure(PickleBytes().raw("N)R").stop()), "cannot be called");
        VERIFY_SAYS(failure(PickleBytes().raw("NQ").stop()), "torch.save");
        VERIFY_SAYS(failure(PickleBytes().raw("Iabc\n").stop()), "number");
        VERIFY_SAYS(failure(PickleBytes().raw("\xfe").stop()), "no pickle instruction");
        VERIFY_SAYS(failure(PickleBytes().raw("N((").raw("00N").raw("0").raw("0").raw("0").stop()), "stack");
    }
};

QTEST_APPLESS_MAIN(UnpicklerTest)
#include "unpickler_test.moc"
