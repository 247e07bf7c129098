#pragma once

#include <QString>
#include <QStringList>

class QMimeData;

namespace dinoscope {

/// What a path given by drop, dialog or command line is opened as.
enum class InputKind { Picture, Folder, Gallery, Run, Weights };

/// Folders, galleries and runs are asked of the disk; weights are told by their extension; all else is tried
/// as a picture.
InputKind inputKind(const QString& path);

/// Of a dialog that opens weights: the extensions that inputKind() takes for them, and all files.
QStringList weightsFilters();

/// What can be taken from a drop or the clipboard.
struct Incoming {
    QStringList paths;     ///< local files and folders
    bool picture = false;  ///< pixels
    bool remote = false;   ///< addresses that are not on this computer

    bool isEmpty() const { return paths.isEmpty() && !picture; }
};

/// `withText` also takes a text that is the path of something that exists.
Incoming incomingFrom(const QMimeData& data, bool withText);

}  // namespace dinoscope
