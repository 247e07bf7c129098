#include "ui/data_folders.h"

#include <QCoreApplication>
#include <QDir>
#include <QStandardPaths>

namespace dinoscope {

QString presetsFolder() {
    const QDir program(QCoreApplication::applicationDirPath());
    const QString installed = program.absoluteFilePath(QStringLiteral("../share/dinoscope/presets"));
    return QDir(installed).exists() ? installed : QStringLiteral(PRESETS_SOURCE_DIR);
}

QString runsFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + QStringLiteral("/runs");
}

}  // namespace dinoscope
