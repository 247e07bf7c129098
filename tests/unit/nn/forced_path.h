#pragma once

#include <QtTest/QtTest>

#include "engine/base/cpu_features.h"

namespace dinoscope {

/// For initTestCase() of tests that run once for each path of the kernels (dinoscope_every_path() in
/// CMakeLists.txt): skips them all where DINOSCOPE_CPU_PATH names a path that this processor lacks. Any other
/// name must be the path that is taken.
inline void takeForcedPath() {
    const QString forced = qEnvironmentVariable("DINOSCOPE_CPU_PATH");
    if (forced.isEmpty()) return;
    for (const CpuPath path : {CpuPath::Avx2, CpuPath::Avx512, CpuPath::Avx512Bf16, CpuPath::Amx}) {
        if (path > bestCpuPath() && forced == QString::fromStdString(name(path)))
            QSKIP(qPrintable("this processor has no " + forced));
    }
    QCOMPARE(QString::fromStdString(name(cpuPath())), forced);
}

}  // namespace dinoscope
