#include "ui/bridge/paths.h"

#include <QDir>
#include <QUrl>
#include <algorithm>
#include <system_error>

namespace dinoscope {

namespace {

constexpr char16_t kEscape = 0xDC00;
constexpr qsizetype kLongestCharacter = 4;

bool isEscape(QChar unit) {
    return unit.unicode() >= kEscape + 0x80 && unit.unicode() <= kEscape + 0xFF;
}

/// Bytes of the character at the front, 0 if there is none.
qsizetype characterLength(QByteArrayView bytes) {
    for (qsizetype length = 1; length <= std::min(kLongestCharacter, bytes.size()); ++length) {
        if (QString::fromUtf8(bytes.first(length)).toUtf8() == bytes.first(length)) return length;
    }
    return 0;
}

}  // namespace

QString pathText(const std::filesystem::path& path) {
    const QByteArray bytes = QByteArray::fromStdString(path.string());
    QString text = QString::fromUtf8(bytes);
    if (text.toUtf8() == bytes) return text;
    text.clear();
    for (QByteArrayView rest(bytes); !rest.isEmpty();) {
        const qsizetype length = characterLength(rest);
        if (length > 0) {
            text += QString::fromUtf8(rest.first(length));
        } else {
            text += QChar(char16_t(kEscape + std::uint8_t(rest.front())));
        }
        rest = rest.sliced(std::max<qsizetype>(length, 1));
    }
    return text;
}

std::filesystem::path filePath(const QString& text) {
    QByteArray bytes;
    for (QStringView rest(text); !rest.isEmpty();) {
        qsizetype plain = 0;
        while (plain < rest.size() &&
               (!isEscape(rest[plain]) || (plain > 0 && rest[plain - 1].isHighSurrogate())))
            ++plain;
        bytes += rest.first(plain).toUtf8();
        rest = rest.sliced(plain);
        if (!rest.isEmpty()) {
            bytes += char(rest.front().unicode() - kEscape);
            rest = rest.sliced(1);
        }
    }
    return bytes.toStdString();
}

QString pathText(const QUrl& localFile) {
    const QByteArray escaped = localFile.path(QUrl::FullyEncoded).toLatin1();
    return pathText(std::filesystem::path(QByteArray::fromPercentEncoding(escaped).toStdString()));
}

QUrl fileAddress(const QString& text) {
    const QByteArray bytes = QByteArray::fromStdString(filePath(text).string());
    return QUrl::fromEncoded("file://" + bytes.toPercentEncoding("/"));
}

QString withHome(const QString& path) {
    const bool home = path == QLatin1String("~") || path.startsWith(QLatin1String("~/"));
    return home ? QDir::homePath() + path.mid(1) : path;
}

QString typedPath(const QString& typed, const QString& base) {
    QString path = withHome(QDir::fromNativeSeparators(typed.trimmed()));
    if (path.isEmpty()) return {};
    if (!base.isEmpty() && QDir::isRelativePath(path)) path = base + QLatin1Char('/') + path;
    return QDir::cleanPath(path);
}

bool pathExists(const QString& text) {
    std::error_code failed;
    return std::filesystem::exists(filePath(text), failed);
}

bool isFolder(const QString& text) {
    std::error_code failed;
    return std::filesystem::is_directory(filePath(text), failed);
}

bool isSameFile(const QString& one, const QString& other) {
    std::error_code failed;
    return std::filesystem::equivalent(filePath(one), filePath(other), failed);
}

}  // namespace dinoscope
