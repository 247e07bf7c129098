#pragma once

#include <QString>

namespace dinoscope {

/// Where the presets of training lie: beside the program, or where it was built.
QString presetsFolder();

/// Where runs are kept unless the person says otherwise; it may not be there yet.
QString runsFolder();

}  // namespace dinoscope
