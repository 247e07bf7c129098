#include "ui/bridge/thumbnail_loader.h"

#include <QScopeGuard>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>
#include <mutex>

using namespace dinoscope;

namespace {

constexpr int kPatience = 30'000;  // ms
constexpr int kAtOnce = 2;         // files that the loader decodes at a time

/// Tells what it was asked for, and answers when it is let.
class HeldReader {
public:
    ThumbnailLoader::Reader reader() {
        return [this](const QString& key) {
            {
                const std::lock_guard lock(mutex_);
                asked_ << key;
            }
            begun_.release();
            leave_.acquire();
            if (key.startsWith(QLatin1String("bad"))) throw Error("there is no picture in it", "bad");
            return Image(4, 4);
        };
    }

    /// Until so many more were asked for.
    bool wait(int count) { return begun_.tryAcquire(count, kPatience); }
    void let(int count) { leave_.release(count); }
    QStringList asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    /// The last ones; of those that begin together the order is the threads'.
    QStringList last(int count) {
        QStringList keys = asked();
        keys = keys.mid(keys.size() - count);
        keys.sort();
        return keys;
    }

private:
    std::mutex mutex_;
    QStringList asked_;
    QSemaphore begun_;
    QSemaphore leave_;
};

QStringList keys(const QString& name, int count) {
    QStringList made;
    for (int i = 0; i < count; ++i)
        made << QStringLiteral("%1%2").arg(name).arg(i);
    return made;
}

/// Until nothing is pending, by events.
bool drain(ThumbnailLoader& loader) {
    QSignalSpy spy(&loader, &ThumbnailLoader::pendingChanged);
    while (loader.pending() > 0) {
        if (!spy.wait(kPatience)) return false;
    }
    return true;
}

}  // namespace

class ThumbnailLoaderTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatWasScrolledPastIsNeverRead() {
        HeldReader held;
        ThumbnailLoader loader({16, 16});
        const auto end = qScopeGuard([&held] { held.let(1000); });  // its threads must not wait for ever
        loader.setReader(held.reader());
        loader.request(keys(QStringLiteral("top"), 50));
        QVERIFY(held.wait(kAtOnce));
        // On the way down each page is wanted for a moment, while both threads are busy.
        for (int page = 0; page < 10; ++page)
            loader.request(keys(QStringLiteral("page%1-").arg(page), 50));
        loader.request(keys(QStringLiteral("end"), 3));
        QCOMPARE(loader.pending(), kAtOnce + 3);
        held.let(1000);
        QVERIFY(drain(loader));
        QStringList asked = held.asked();
        asked.sort();
        QCOMPARE(asked, keys(QStringLiteral("end"), 3) + keys(QStringLiteral("top"), kAtOnce));
        for (const QString& key : keys(QStringLiteral("end"), 3))
            QVERIFY(loader.find(key));
        QVERIFY(!loader.find(QStringLiteral("page9-0")));
    }

    void whatIsInViewComesFirstInItsOrder() {
        HeldReader held;
        ThumbnailLoader loader({16, 16});
        const auto end = qScopeGuard([&held] { held.let(1000); });
        loader.setReader(held.reader());
        loader.request(keys(QStringLiteral("old"), 50));
        QVERIFY(held.wait(kAtOnce));
        // In sight are four; what lies below them may be wanted next.
        loader.request(keys(QStringLiteral("seen"), 4) + keys(QStringLiteral("under"), 4));
        held.let(kAtOnce);
        QVERIFY(held.wait(kAtOnce));
        QCOMPARE(held.last(kAtOnce), (QStringList{QStringLiteral("seen0"), QStringLiteral("seen1")}));
        // One thread after the other is let go: the next one begun is the next one wanted.
        for (const char* next : {"seen2", "seen3", "under0"}) {
            held.let(1);
            QVERIFY(held.wait(1));
            QCOMPARE(held.asked().back(), QLatin1String(next));
        }
        // Scrolled once more, before what lay below was read.
        loader.request({QStringLiteral("seen3"), QStringLiteral("new0")});
        held.let(1);
        QVERIFY(held.wait(1));
        QCOMPARE(held.asked().back(), QStringLiteral("new0"));
        held.let(1000);
        QVERIFY(drain(loader));
        QVERIFY(!held.asked().contains(QStringLiteral("under1")));
        QCOMPARE(int(held.asked().count(QStringLiteral("seen3"))), 1);
    }

    void whatIsThereOrBadIsNotReadAgain() {
        HeldReader held;
        ThumbnailLoader loader({16, 16});
        const auto end = qScopeGuard([&held] { held.let(1000); });
        loader.setReader(held.reader());
        held.let(1000);
        QSignalSpy failed(&loader, &ThumbnailLoader::failed);
        const QStringList wanted{QStringLiteral("good"), QStringLiteral("bad")};
        loader.request(wanted);
        QVERIFY(drain(loader));
        QVERIFY(loader.find(QStringLiteral("good")));
        QVERIFY(loader.isBad(QStringLiteral("bad")));
        QCOMPARE(int(failed.size()), 1);
        loader.request(wanted);
        QCOMPARE(loader.pending(), 0);
        QCOMPARE(int(held.asked().size()), 2);
    }

    void whatAFormerReaderStillReadsGoesNowhere() {
        HeldReader former;
        HeldReader held;
        ThumbnailLoader loader({16, 16});
        const auto end = qScopeGuard([&] {
            former.let(1000);
            held.let(1000);
        });
        loader.setReader(former.reader());
        loader.request({QStringLiteral("bad"), QStringLiteral("a")});
        QVERIFY(former.wait(kAtOnce));
        loader.setReader(held.reader());
        loader.request({QStringLiteral("b")});
        former.let(kAtOnce);
        held.let(1);
        QVERIFY(drain(loader));
        QVERIFY(loader.find(QStringLiteral("b")));
        QVERIFY(!loader.find(QStringLiteral("a")));
        QVERIFY(!loader.isBad(QStringLiteral("bad")));
    }
};

QTEST_MAIN(ThumbnailLoaderTest)
#include "thumbnail_loader_test.moc"
