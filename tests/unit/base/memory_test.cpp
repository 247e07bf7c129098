#include "engine/base/memory.h"

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <vector>

using namespace dinoscope;

namespace {

constexpr std::int64_t kMega = 1 << 20;

/// A tree of proc/ and sys/ with what the kernel would tell.
class Tree {
public:
    explicit Tree(const std::string& groups) { write("proc/self/cgroup", groups); }

    void write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = root() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    void version2(const std::string& group, const std::string& limit, std::int64_t used,
                  std::int64_t cached) const {
        const std::string folder = "sys/fs/cgroup" + group;
        write(folder + "/memory.max", limit + "\n");
        write(folder + "/memory.current", std::to_string(used) + "\n");
        write(folder + "/memory.stat",
              "anon 5\ninactive_file " + std::to_string(cached) + "\nactive_file 7\n");
    }
    std::filesystem::path root() const { return folder_.path().toStdString(); }

private:
    QTemporaryDir folder_;
};

}  // namespace

class MemoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutAnyLimitThereIsNone() {
        const Tree tree("0::/user.slice\n");
        QCOMPARE(cgroupMemoryLeft(tree.root()), std::int64_t(INT64_MAX));
        tree.version2("/user.slice", "max", 5 * kMega, 0);
        QCOMPARE(cgroupMemoryLeft(tree.root()), std::int64_t(INT64_MAX));
    }

    void theNarrowestOfTheGroupsAroundTheProcessCounts() {
        const Tree tree("0::/batch/job7\n");
        tree.version2("/batch", std::to_string(100 * kMega), 90 * kMega, 0);
        tree.version2("/batch/job7", std::to_string(80 * kMega), 10 * kMega, 0);
        tree.version2("/batch/job8", std::to_string(kMega), kMega, 0);
        QCOMPARE(cgroupMemoryLeft(tree.root()), 10 * kMega);
        tree.version2("/batch", "max", 90 * kMega, 0);
        QCOMPARE(cgroupMemoryLeft(tree.root()), 70 * kMega);
    }

    void pageCacheThatGivesWayIsFree() {
        const Tree tree("0::/\n");
        tree.version2("", std::to_string(100 * kMega), 90 * kMega, 30 * kMega);
        QCOMPARE(cgroupMemoryLeft(tree.root()), 40 * kMega);
    }

    void aContainersPathOfTheHostIsPassedOver() {
        const Tree tree("0::/docker/4f2a\n");
        tree.version2("", std::to_string(64 * kMega), 4 * kMega, 0);
        QCOMPARE(cgroupMemoryLeft(tree.root()), 60 * kMega);
    }

    void version1HasOtherNames() {
        const Tree tree("7:cpu,cpuacct:/work\n4:memory:/work\n0::/\n");
        const std::string folder = "sys/fs/cgroup/memory/work/";
        tree.write(folder + "memory.limit_in_bytes", std::to_string(50 * kMega) + "\n");
        tree.write(folder + "memory.usage_in_bytes", std::to_string(40 * kMega) + "\n");
        tree.write(folder + "memory.stat", "inactive_file 1\ntotal_inactive_file " + std::to_string(kMega));
        QCOMPARE(cgroupMemoryLeft(tree.root()), 11 * kMega);
    }

    void moreThanTheLimitLeavesNothing() {
        const Tree tree("0::/a\n");
        tree.version2("/a", std::to_string(kMega), 2 * kMega, 0);
        QCOMPARE(cgroupMemoryLeft(tree.root()), std::int64_t(0));
    }

    void thePeakFollowsWhatIsHeld() {
        const std::int64_t before = residentMemory();
        const std::vector<char> held(std::size_t(64 * kMega), 1);
        QVERIFY(residentMemory() >= before + 60 * kMega);
        QVERIFY(peakResidentMemory() >= residentMemory() - kMega);
        QVERIFY(availableMemory() > 0);
        QCOMPARE(held[5], char(1));
    }
};

QTEST_APPLESS_MAIN(MemoryTest)
#include "memory_test.moc"
