#include "engine/scale/process_place.h"

#include <QtTest/QtTest>
#include <map>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

using Environment = std::map<std::string, std::string>;

ProcessPlace placeIn(const Environment& environment) {
    return processPlace([&](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
}

/// Of the second of two machines with two processes each.
const Environment kTorchrun{{"RANK", "3"},
                            {"WORLD_SIZE", "4"},
                            {"LOCAL_RANK", "1"},
                            {"LOCAL_WORLD_SIZE", "2"},
                            {"MASTER_ADDR", "node-a"},
                            {"MASTER_PORT", "29500"},
                            {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                            {"TORCHELASTIC_RESTART_COUNT", "2"}};

const Environment kSlurm{{"SLURM_JOB_ID", "4711"},
                         {"SLURM_STEP_ID", "0"},
                         {"SLURM_STEP_NUM_TASKS", "5"},
                         {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"},
                         {"SLURM_STEP_NODELIST", "gpu[007-008,11]"},
                         {"SLURM_NODEID", "1"},
                         {"SLURM_PROCID", "3"},
                         {"SLURM_LOCALID", "1"}};

Environment with(Environment environment, const std::string& name, const std::string& value) {
    environment[name] = value;
    return environment;
}

Environment without(Environment environment, const std::string& name) {
    environment.erase(name);
    return environment;
}

QString refusal(const Environment& environment) {
    try {
        placeIn(environment);
    } catch (const UsageError& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class ProcessPlaceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutALauncherAProcessIsAlone() {
        const ProcessPlace place = placeIn({});
        QVERIFY(place.isAlone() && place.isFirst());
        QCOMPARE(place.localCount, 1);
        QVERIFY(placeIn({{"WORLD_SIZE", "1"}, {"RANK", "0"}}).isAlone());
        QVERIFY(placeIn({{"RANK", "3"}}).isAlone());
    }

    void torchrunTellsThePlace() {
        const ProcessPlace place = placeIn(kTorchrun);
        QCOMPARE(place.rank, 3);
        QCOMPARE(place.count, 4);
        QCOMPARE(place.localRank, 1);
        QCOMPARE(place.localCount, 2);
        QCOMPARE(place.host, std::string("node-a"));
        QCOMPARE(place.port, 29500);
        QCOMPARE(place.round, std::string("2"));
        QVERIFY(place.launcherServes);
        QVERIFY(!place.isFirst());
    }

    void setByHandOnOneMachineAllAreLocal() {
        const ProcessPlace place = placeIn(
            {{"RANK", "1"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "2000"}});
        QCOMPARE(place.localRank, 1);
        QCOMPARE(place.localCount, 3);
        QVERIFY(!place.launcherServes);
    }

    void setByHandOnSeveralMachinesEachHasItsOwn() {
        const ProcessPlace place =
            placeIn({{"RANK", "1"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "node-a"}, {"MASTER_PORT", "2000"}});
        QCOMPARE(place.localRank, 0);
        QCOMPARE(place.localCount, 1);
    }

    void slurmTellsThePlace() {
        const ProcessPlace place = placeIn(kSlurm);
        QCOMPARE(place.rank, 3);
        QCOMPARE(place.count, 5);
        QCOMPARE(place.localRank, 1);
        QCOMPARE(place.localCount, 2);
        QCOMPARE(place.host, std::string("gpu007"));
        QVERIFY(!place.launcherServes);
        QCOMPARE(placeIn(with(kSlurm, "SLURM_PROCID", "0")).port, place.port);
        QVERIFY(placeIn(with(kSlurm, "SLURM_STEP_ID", "1")).port != place.port);
    }

    void theLastMachineOfAStepMayHaveFewerTasks() {
        Environment last = with(with(kSlurm, "SLURM_NODEID", "2"), "SLURM_LOCALID", "0");
        QCOMPARE(placeIn(with(last, "SLURM_PROCID", "4")).localCount, 1);
    }

    void anAddressThatIsGivenIsTaken() {
        const ProcessPlace place =
            placeIn(with(with(kSlurm, "MASTER_ADDR", "10.0.0.7"), "MASTER_PORT", "1234"));
        QCOMPARE(place.host, std::string("10.0.0.7"));
        QCOMPARE(place.port, 1234);
    }

    void aBatchSystemMayTellTheCores() {
        QCOMPARE(placeIn(kSlurm).cores, 0);
        QCOMPARE(placeIn(with(kSlurm, "SLURM_CPUS_PER_TASK", "8")).cores, 8);
    }

    void aTaskOfSrunMayTrainByItself() { QVERIFY(placeIn(with(kSlurm, "WORLD_SIZE", "1")).isAlone()); }

    void tasksThatMakeNoSenseAreOne_data() {
        QTest::addColumn<QString>("tasks");
        for (const char* tasks : {"", "x", "2(x-2147483648),4", "2(x99999999999999999999)", "2(", ",,"})
            QTest::newRow(tasks) << tasks;
    }
    void tasksThatMakeNoSenseAreOne() {
        QFETCH(QString, tasks);
        const ProcessPlace place = placeIn(with(kSlurm, "SLURM_STEP_TASKS_PER_NODE", tasks.toStdString()));
        QVERIFY(place.localCount >= 2 && place.localCount <= 5);
    }

    void aBatchScriptThatNoSrunStartedIsAlone() {
        QVERIFY(placeIn({{"SLURM_JOB_ID", "4711"}, {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}}).isAlone());
    }

    void whatIsMissingIsNamed_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"RANK", "MASTER_ADDR", "MASTER_PORT"})
            QTest::newRow(name) << name;
    }
    void whatIsMissingIsNamed() {
        QFETCH(QString, name);
        const QString told = refusal(without(kTorchrun, name.toStdString()));
        QVERIFY2(told.startsWith(name + ": it is not set, and WORLD_SIZE is 4"), qPrintable(told));
    }

    void whatMakesNoSenseIsNamed_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        QTest::newRow("beyond the last") << "RANK"
                                         << "4";
        QTest::newRow("negative") << "RANK"
                                  << "-1";
        QTest::newRow("no number") << "WORLD_SIZE"
                                   << "four";
        QTest::newRow("none") << "WORLD_SIZE"
                              << "0";
        QTest::newRow("beyond those of the machine") << "LOCAL_RANK"
                                                     << "2";
        QTest::newRow("no port") << "MASTER_PORT"
                                 << "70000";
    }
    void whatMakesNoSenseIsNamed() {
        QFETCH(QString, name);
        QFETCH(QString, value);
        const QString told = refusal(with(kTorchrun, name.toStdString(), value.toStdString()));
        QVERIFY2(told.startsWith(name + ": '" + value + "' is not a number from"), qPrintable(told));
    }

    void theFirstHostOfAList_data() {
        QTest::addColumn<QString>("list");
        QTest::addColumn<QString>("first");
        QTest::newRow("one") << "login"
                             << "login";
        QTest::newRow("some") << "a1,b2"
                              << "a1";
        QTest::newRow("a range") << "gpu[003-005,9],login"
                                 << "gpu003";
        QTest::newRow("single numbers") << "gpu[7,9]"
                                        << "gpu7";
        QTest::newRow("two dimensions") << "rack[2-3]node[04-05].site"
                                        << "rack2node04.site";
        QTest::newRow("cut short") << "gpu[003"
                                   << "gpu003";
        QTest::newRow("nothing") << ""
                                 << "";
    }
    void theFirstHostOfAList() {
        QFETCH(QString, list);
        QFETCH(QString, first);
        QCOMPARE(QString::fromStdString(firstHost(list.toStdString())), first);
    }
};

QTEST_GUILESS_MAIN(ProcessPlaceTest)
#include "process_place_test.moc"
