#include "engine/ssl/augment/byte_store.h"

#include <QtTest>
#include <algorithm>
#include <thread>

using namespace dinoscope;

namespace {

constexpr std::size_t kMoreThanHalf = ByteStore::kBlockBytes / 2 + 1;

void fill(const ByteStore::Piece& piece, std::size_t bytes, std::uint8_t value) {
    std::fill_n(piece.bytes, bytes, value);
}

bool holds(const ByteStore::Piece& piece, std::size_t bytes, std::uint8_t value) {
    return std::all_of(piece.bytes, piece.bytes + bytes,
                       [value](std::uint8_t byte) { return byte == value; });
}

}  // namespace

class ByteStoreTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void piecesAreAlignedAndDoNotOverlap() {
        ByteStore store(allocateAligned);
        const std::vector<std::size_t> sizes{1, 48, 49, 1000, 3};
        std::vector<ByteStore::Piece> pieces;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            pieces.push_back(store.take(sizes[i]));
            fill(pieces[i], sizes[i], std::uint8_t(i + 1));
        }
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            QVERIFY(holds(pieces[i], sizes[i], std::uint8_t(i + 1)));
            QCOMPARE(pieces[i].offset % ByteStore::kAlignment, std::size_t(0));
            QCOMPARE(store.place(pieces[i].block, pieces[i].offset), std::int64_t(pieces[i].offset));
        }
        QCOMPARE(store.blocks().size(), std::size_t(1));
        QCOMPARE(store.size(), std::int64_t(48 + 48 + 96 + 1008 + 48));
    }

    void whatFitsNoBlockBeginsAnother() {
        ByteStore store(allocateAligned);
        const ByteStore::Piece first = store.take(kMoreThanHalf);
        const ByteStore::Piece second = store.take(kMoreThanHalf);
        const ByteStore::Piece small = store.take(10);
        QCOMPARE(second.block, std::size_t(1));
        QCOMPARE(small.block, first.block);
        const std::int64_t before = std::int64_t(store.blocks()[0].used);
        QCOMPARE(store.place(second.block, second.offset), before);
        QCOMPARE(store.size(), before + std::int64_t(store.blocks()[1].used));
    }

    void aPieceLargerThanABlockGetsABlockOfItsSize() {
        ByteStore store(allocateAligned);
        const std::size_t bytes = 3 * ByteStore::kBlockBytes;
        fill(store.take(bytes), bytes, 7);
        QCOMPARE(store.blocks().size(), std::size_t(1));
        QVERIFY(store.blocks()[0].capacity >= bytes);
    }

    void blocksAreUsedAgain() {
        int allocations = 0;
        ByteStore store([&allocations](std::size_t bytes) {
            ++allocations;
            return allocateAligned(bytes);
        });
        for (int round = 0; round < 3; ++round) {
            store.clear();
            QCOMPARE(store.size(), std::int64_t(0));
            QCOMPARE(store.take(kMoreThanHalf).block, std::size_t(0));
            QCOMPARE(store.take(kMoreThanHalf).block, std::size_t(1));
        }
        QCOMPARE(allocations, 2);
    }

    void threadsHavePiecesOfTheirOwn() {
        constexpr std::size_t kBytes = 100'000;
        constexpr int kPieces = 100;
        ByteStore store(allocateAligned);
        std::vector<std::vector<ByteStore::Piece>> pieces(4);
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < pieces.size(); ++t) {
            threads.emplace_back([&store, &mine = pieces[t], t] {
                for (int i = 0; i < kPieces; ++i) {
                    mine.push_back(store.take(kBytes));
                    fill(mine.back(), kBytes, std::uint8_t(t));
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        for (std::size_t t = 0; t < pieces.size(); ++t) {
            for (const ByteStore::Piece& piece : pieces[t])
                QVERIFY(holds(piece, kBytes, std::uint8_t(t)));
        }
    }
};

QTEST_APPLESS_MAIN(ByteStoreTest)
#include "byte_store_test.moc"
