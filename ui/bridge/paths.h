#pragma once

#include <QString>
#include <filesystem>

class QUrl;

namespace dinoscope {

/// A file's name as text. Bytes that are not UTF-8 become lone surrogates, U+DC80 to U+DCFF (as Python's
/// surrogateescape does, PEP 383), so that filePath() names the same file again; Qt's own conversion drops
/// them.
QString pathText(const std::filesystem::path& path);

/// The file that a text of pathText(), a dialog or a field names.
std::filesystem::path filePath(const QString& text);

/// The same for a local address, whose bytes may be escaped.
QString pathText(const QUrl& localFile);

/// The address of a file, its bytes escaped as they are.
QUrl fileAddress(const QString& text);

/// "~/x" in the home folder, as a shell has it; all else as it is.
QString withHome(const QString& path);

/// What was typed as a path: of the home folder, a relative one below `base` where there is one, without a
/// slash at its end. Empty for nothing.
QString typedPath(const QString& typed, const QString& base = {});

bool pathExists(const QString& text);
bool isFolder(const QString& text);

/// Whether both name the same file or folder, and it is there.
bool isSameFile(const QString& one, const QString& other);

}  // namespace dinoscope
