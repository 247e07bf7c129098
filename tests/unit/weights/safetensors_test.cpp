#include "engine/weights/safetensors_file.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "pickle_bytes.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

std::string file(const std::string& header, std::size_t data) {
    return PickleBytes().little(header.size(), 8).stop().substr(2, 8) + header + std::string(data, '\1');
}

std::string failure(const std::string& bytes) {
    return errorOf([&] { SafetensorsFile(asBytes(bytes), "test.safetensors"); });
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& at) {
    return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + at +
           "]}";
}

}  // namespace

class SafetensorsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatWasWrittenIsReadBack() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("x.safetensors").toStdString();
        const std::vector<std::uint8_t> mask{1, 0, 1};
        const std::vector<float> values{0.5f, -1, 2, 1e-30f, 3, 4};
        const std::vector<SafetensorsItem> items{
            {"mask", ElementType::U8, {3}, std::as_bytes(std::span(mask))},
            {"attention \"\u00fc\"", ElementType::F32, {1, 2, 3}, std::as_bytes(std::span(values))},
            {"nothing", ElementType::F64, {0, 7}, {}}};
        writeSafetensors(path, items, {{"weights", "a.pth"}});

        const std::string bytes = contentOf(path);
        const SafetensorsFile read(asBytes(bytes), path);
        QCOMPARE(read.entries().size(), std::size_t(3));
        QVERIFY(read.metadata() == (std::vector<std::pair<std::string, std::string>>{{"weights", "a.pth"}}));
        for (const SafetensorsItem& item : items) {
            bool found = false;
            for (const SafetensorsFile::Entry& entry : read.entries()) {
                if (entry.name != item.name) continue;
                found = true;
                QVERIFY(entry.view.type == item.type);
                QVERIFY(entry.view.sizes == item.shape);
                QVERIFY(std::equal(entry.view.bytes.begin(), entry.view.bytes.end(), item.bytes.begin(),
                                   item.bytes.end()));
                const auto offset = entry.view.bytes.data() - asBytes(bytes).data();
                QVERIFY(entry.view.bytes.empty() || offset % static_cast<long>(elementSize(item.type)) == 0);
            }
            QVERIFY(found);
        }
    }

    void writingRefusesWhatCannotBeRead() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("x.safetensors").toStdString();
        const std::vector<float> values(6);
        const auto bytes = std::as_bytes(std::span(values));
        const auto writing = [&](std::vector<SafetensorsItem> items) {
            return errorOf([&] { writeSafetensors(path, items); });
        };
        VERIFY_SAYS(writing({{"a", ElementType::F32, {2, 3}, bytes}, {"a", ElementType::F32, {6}, bytes}}),
                    "two");
        VERIFY_SAYS(writing({{"__metadata__", ElementType::F32, {6}, bytes}}), "two");
        VERIFY_SAYS(writing({{"a", ElementType::F32, {7}, bytes}}), "does not match");
        VERIFY_SAYS(writing({{"a", ElementType::F32, {-6}, bytes}}), "does not match");
        VERIFY_SAYS(writing({{"a", ElementType::C128, {1}, bytes}}), "cannot hold");
        VERIFY_SAYS(writing({{"\xff", ElementType::F32, {6}, bytes}}), "UTF-8");
        QVERIFY(!std::filesystem::exists(path));
    }

    void readsWhatPythonWrote() {
        const std::string bytes = contentOf(golden("backbone.safetensors"));
        const SafetensorsFile read(asBytes(bytes), "backbone.safetensors");
        QCOMPARE(read.entries().size(), std::size_t(4 + 2 * 12 + 2));
        QCOMPARE(read.metadata().at(0).second, std::string("make.py"));
    }

    void headersThatLieAreErrors_data() {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<int>("data");
        QTest::addColumn<QByteArray>("sentence");
        const auto row = [](const char* name, const std::string& header, int data, const char* sentence) {
            QTest::newRow(name) << QByteArray::fromStdString(header) << data << QByteArray(sentence);
        };
        row("hole", "{" + tensor("a", "U8", "2", "0,2") + "," + tensor("b", "U8", "2", "3,5") + "}", 5,
            "holes");
        row("overlap", "{" + tensor("a", "U8", "2", "0,2") + "," + tensor("b", "U8", "2", "1,3") + "}", 3,
            "overlap");
        row("same place", "{" + tensor("a", "U8", "2", "0,2") + "," + tensor("b", "U8", "2", "0,2") + "}", 2,
            "overlap");
        row("bytes left over", "{" + tensor("a", "U8", "2", "0,2") + "}", 3, "not as long");
        row("outside", "{" + tensor("a", "U8", "2", "0,2") + "}", 1, "outside");
        row("backwards", "{" + tensor("a", "U8", "2", "2,0") + "}", 2, "outside");
        row("a terabyte", "{" + tensor("a", "F32", "1048576,262144", "0,1099511627776") + "}", 8, "outside");
        row("overflow", "{" + tensor("a", "F32", "4294967296,4294967296,4", "0,0") + "}", 0, "does not fill");
        row("overflow of bytes", "{" + tensor("a", "F64", "2305843009213693952", "0,0") + "}", 0,
            "does not fill");
        row("wrong shape", "{" + tensor("a", "F32", "2", "0,4") + "}", 4, "does not fill");
        row("negative", "{" + tensor("a", "U8", "-1", "0,1") + "}", 1, "negative");
        row("fraction", "{" + tensor("a", "U8", "1.5", "0,1") + "}", 1, "not whole");
        row("huge number", "{" + tensor("a", "U8", "18446744073709551615", "0,1") + "}", 1, "too large");
        row("beyond 64 bits", "{" + tensor("a", "U8", "99999999999999999999", "0,1") + "}", 1, "not whole");
        row("twice", "{" + tensor("a", "U8", "1", "0,1") + "," + tensor("a", "U8", "1", "0,1") + "}", 1,
            "twice");
        row("no offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "incompletely");
        row("one offset", "{" + tensor("a", "U8", "1", "0") + "}", 1, "incompletely");
        row("no type", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "incompletely");
        row("two shapes", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
            "list");
        row("list of lists", "{" + tensor("a", "U8", "[1]", "0,1") + "}", 1, "list");
        row("17 dimensions", "{" + tensor("a", "U8", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "0,1") + "}", 1,
            "dimensions");
        row("number", "{\"a\":1}", 0, "number");
        row("null", "{\"a\":null}", 0, "null");
        row("metadata of numbers", "{\"__metadata__\":{\"a\":1}}", 0, "number");
        row("deep metadata", "{\"__metadata__\":{\"a\":{}}}", 0, "nested");
        row("cut JSON", "{\"a\":{", 0, "breaks the JSON");
        row("more than one document", "{}{}", 0, "breaks the JSON");
        row("deep", "{" + std::string(100'000, '['), 0, "header");
    }

    void headersThatLieAreErrors() {
        QFETCH(QByteArray, header);
        QFETCH(int, data);
        QFETCH(QByteArray, sentence);
        const std::string said = failure(file(header.toStdString(), static_cast<std::size_t>(data)));
        VERIFY_SAYS(said, "test.safetensors: ");
        VERIFY_SAYS(said, sentence.toStdString());
    }

    void aFileOfTooManyTensorsIsRefused() {
        std::string header = "{" + tensor("first", "F32", "0", "0,0");
        for (int i = 0; i < 200'000; ++i)
            header += "," + tensor(std::to_string(i), "F32", "0", "0,0");
        VERIFY_SAYS(failure(file(header + "}", 0)), "more than 200000 tensors");
    }

    void aHeaderLongerThanTheFileIsAnError() {
        const std::string whole = file("{" + tensor("a", "U8", "1", "0,1") + "}", 1);
        for (const std::uint64_t length : {std::uint64_t(1000), std::uint64_t(99'999'999)}) {
            VERIFY_SAYS(failure(PickleBytes().little(length, 8).stop().substr(2, 8) + whole.substr(8)),
                        "cut short");
        }
        VERIFY_SAYS(failure(PickleBytes().little(UINT64_MAX, 8).stop().substr(2, 8) + whole.substr(8)),
                    "no header");
        VERIFY_SAYS(failure(std::string(8, '\0')), "no header");
    }
};

QTEST_APPLESS_MAIN(SafetensorsTest)
#include "safetensors_test.moc"
