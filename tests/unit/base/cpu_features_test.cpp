#include "engine/base/cpu_features.h"

#include <QProcess>
#include <QtTest>
#include <iostream>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

/// The path is chosen once a process: each case asks one of its own.
constexpr const char* kTell = "--tell-path";

int tellPath() {
    try {
        // The second answer must be the first, failed or not.
        std::string first;
        try {
            first = name(cpuPath());
        } catch (const UsageError&) {
        }
        const std::string second = name(cpuPath());
        std::cout << (first == second ? first : first + " then " + second);
        return 0;
    } catch (const UsageError& error) {
        std::cout << error.what();
        return 2;
    }
}

struct Answer {
    int status = -1;
    std::string text;
};

/// What a process with DINOSCOPE_CPU_PATH=`forced` (unset where null) tells.
Answer ask(const char* forced) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove("DINOSCOPE_CPU_PATH");
    if (forced) environment.insert("DINOSCOPE_CPU_PATH", forced);
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(), {kTell});
    if (!process.waitForFinished()) return {};
    return {process.exitCode(), process.readAllStandardOutput().toStdString()};
}

}  // namespace

class CpuFeaturesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unforcedTheBestPathIsTaken() {
        for (const char* forced : {static_cast<const char*>(nullptr), ""}) {
            const Answer answer = ask(forced);
            QCOMPARE(answer.status, 0);
            QCOMPARE(answer.text, name(bestCpuPath()));
        }
    }

    void aForcedPathIsTakenWhereTheProcessorHasIt_data() {
        QTest::addColumn<int>("path");
        for (const CpuPath path :
             {CpuPath::Portable, CpuPath::Avx2, CpuPath::Avx512, CpuPath::Avx512Bf16, CpuPath::Amx})
            QTest::newRow(name(path).c_str()) << static_cast<int>(path);
    }

    void aForcedPathIsTakenWhereTheProcessorHasIt() {
        QFETCH(const int, path);
        const std::string forced = name(static_cast<CpuPath>(path));
        const Answer answer = ask(forced.c_str());
        if (static_cast<CpuPath>(path) <= bestCpuPath()) {
            QCOMPARE(answer.status, 0);
            QCOMPARE(answer.text, forced);
        } else {
            QCOMPARE(answer.status, 2);
            QCOMPARE(answer.text, "DINOSCOPE_CPU_PATH: this processor has no " + forced +
                                      "; unset it, or set it to " + name(bestCpuPath()) + " or less");
        }
    }

    void anUnknownPathIsRefused() {
        for (const char* forced : {"sse", "AVX2", "avx2 "}) {
            const Answer answer = ask(forced);
            QCOMPARE(answer.status, 2);
            QCOMPARE(answer.text, "DINOSCOPE_CPU_PATH: '" + std::string(forced) +
                                      "' is not known; set it to portable, avx2, avx512, avx512bf16 or amx");
        }
    }

    void theProcessorHasAName() {
        QVERIFY(!cpuName().empty());
        QVERIFY(cpuName().find('\n') == std::string::npos);
    }
};

int main(int count, char** values) {
    if (count == 2 && std::string_view(values[1]) == kTell) return tellPath();
    const QCoreApplication application(count, values);
    CpuFeaturesTest test;
    return QTest::qExec(&test, count, values);
}
#include "cpu_features_test.moc"
