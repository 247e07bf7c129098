#pragma once

#include <QFile>
#include <QTest>
#include <filesystem>

namespace dinoscope {

/// Turns one bit of a file round, as a failing disk does; a negative offset counts from its end.
inline void flip(const std::filesystem::path& file, qint64 offset) {
    QFile raw(QString::fromStdString(file.string()));
    QVERIFY(raw.open(QIODevice::ReadWrite));
    raw.seek(offset < 0 ? raw.size() + offset : offset);
    char byte = 0;
    QVERIFY(raw.getChar(&byte));
    raw.seek(raw.pos() - 1);
    raw.putChar(char(byte ^ 0x40));
}

}  // namespace dinoscope
