#include "ui/data_folders.h"

#include <QStandardPaths>

#include "engine/api/core.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

QString presetsFolder() {
    return pathText(shippedFolder("models/presets"));
}

QString runsFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + QStringLiteral("/runs");
}

}  // namespace dinoscope
