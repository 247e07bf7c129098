#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <set>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/store/gallery_reader.h"
#include "engine/neighbours/store/gallery_writer.h"

using namespace dinoscope;

namespace {

namespace fs = std::filesystem;

constexpr int kDim = 200;
constexpr int kImages = 4000;
constexpr int kBatch = 8;

GalleryRecord record() {
    GalleryRecord record;
    record.terms.model = "a.pth (vit_tiny/16)";
    record.terms.fingerprint = "0123456789abcdef0123456789abcdef";
    record.terms.dim = kDim;
    record.inputDim = kDim;
    record.source = "/pictures";
    return record;
}

ContentHash content(int number) {
    const std::string text = std::to_string(number);
    return contentHash(std::as_bytes(std::span(text)));
}

std::vector<float> feature(int number) {
    std::vector<float> values(kDim);
    for (int i = 0; i < kDim; ++i)
        values[std::size_t(i)] = float(number * kDim + i);
    return values;
}

/// Puts what is missing, with removals, marks and a rewriting now and then, until it is killed or done.
void work(const fs::path& gallery) {
    JobControl control;
    GalleryWriter writer(gallery, record());
    std::vector<NewImage> batch;
    int batches = 0;
    for (int i = 0; i < kImages; ++i) {
        const std::string name = std::to_string(i) + ".jpg";
        if (writer.images().contains(name)) continue;
        if (writer.vanished().contains(name)) {
            writer.restore({name});
            continue;
        }
        NewImage image{name, i, i, content(i), {}, {}, {std::byte(i)}};
        if (!writer.knows(image.content)) image.feature = feature(i);
        batch.push_back(std::move(image));
        if (batch.size() < kBatch && i + 1 < kImages) continue;
        writer.put(batch);
        if (++batches % 40 == 0) writer.remove({batch.front().name});
        if (batches % 40 == 20) writer.markVanished({batch.front().name}, batches);
        if (batches % 90 == 0) {
            writer.rewrite(
                false, [](const std::vector<float>& row) { return row; }, control);
        }
        batch.clear();
    }
}

}  // namespace

class GalleryCrashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// kill -9 at random instants: what is named is there and right, nothing twice, and the next one goes on.
    void killedAtAnyInstantItGoesOn() {
        const QTemporaryDir folder;
        const fs::path gallery = fs::path(folder.path().toStdString()) / "gallery";
        const int kills = qEnvironmentVariableIntValue("DINOSCOPE_KILLS") > 0
                              ? qEnvironmentVariableIntValue("DINOSCOPE_KILLS")
                              : 12;
        std::size_t most = 0;
        for (int attempt = 0; attempt < kills; ++attempt) {
            const pid_t child = fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                setThreadCount(1);  // the threads of the parent's pool are not the child's
                work(gallery);
                _exit(0);
            }
            usleep(static_cast<useconds_t>(20'000 + mix(std::uint64_t(attempt)) % 150'000));
            kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(waitpid(child, &status, 0), child);
            QVERIFY(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
            verify(gallery, most);
        }
        work(gallery);
        verify(gallery, most);
        // A removal or a mark now and then is not made up for at once.
        QVERIFY2(most + kImages / 10 >= kImages, std::to_string(most).c_str());
    }

private:
    static void verify(const fs::path& gallery, std::size_t& most) {
        const bool begun = fs::exists(recordFile(gallery)) && fs::exists(ImageTable::file(gallery));
        if (!begun && most == 0) return;  // killed before it had written them
        QVERIFY(begun);
        {
            const GalleryWriter writer(gallery, record());  // finishes what the killed one began
            QVERIFY2(!writer.repair().any(), writer.repair().any() ? writer.repair().notes[0].c_str() : "");
        }
        JobControl control;
        const GalleryReader reader = GalleryReader::open(gallery, control);
        QCOMPARE(reader.damaged(), 0);
        std::set<std::int64_t> rows;
        std::vector<float> values(kDim);
        for (const StoredImage& image : reader.images()) {
            QVERIFY(rows.insert(image.row).second);
            decodeRow(reader.matrix().row(image.row), StorageType::Fp32, values);
            QCOMPARE(values, feature(std::atoi(image.name.c_str())));
        }
        // Each removal or mark takes one image at a time; nothing else may be lost.
        QVERIFY(reader.images().size() + 1 >= most);
        most = std::max(most, reader.images().size());
    }
};

QTEST_GUILESS_MAIN(GalleryCrashTest)
#include "gallery_crash_test.moc"
