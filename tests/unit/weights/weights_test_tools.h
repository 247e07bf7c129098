#pragma once

#include <QFile>
#include <QTest>

#include <functional>
#include <string>

#include "engine/base/error.h"

inline std::string golden(const std::string& name) {
    return std::string(GOLDEN_DIR) + "/weights/" + name;
}

inline std::string contentOf(const std::string& path) {
    QFile file(QString::fromStdString(path));
    if (!file.open(QIODevice::ReadOnly)) return {};
    return file.readAll().toStdString();
}

inline void writeContent(const std::string& path, const std::string& content) {
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content.data(), static_cast<qint64>(content.size())),
             static_cast<qint64>(content.size()));
}

/// The sentence of the Error that `work` throws; empty if it throws none.
inline std::string errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const dinoscope::Error& error) {
        return error.what();
    }
    return {};
}

#define VERIFY_SAYS(sentence, part)                                                                   \
    do {                                                                                              \
        const std::string sentenceSaid = (sentence);                                                  \
        QVERIFY2(sentenceSaid.find(part) != std::string::npos, ("it says: " + sentenceSaid).c_str()); \
    } while (false)
