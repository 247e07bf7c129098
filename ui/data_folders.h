#pragma once

#include <QString>

namespace dinoscope {

/// Where the presets of training lie.
QString presetsFolder();

/// Where runs are kept unless the person says otherwise; it may not be there yet.
QString runsFolder();

}  // namespace dinoscope
