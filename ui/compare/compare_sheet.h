#pragma once

#include <QImage>
#include <QString>
#include <vector>

#include "ui/explore/export_view.h"

namespace dinoscope {

/// One picture of a sheet, with what is written above and below it.
struct SheetColumn {
    QString title;
    QString caption;
    SeenView seen;
};

/// The picture itself and what is seen of each model, side by side on white with their names: a figure for a
/// paper. Columns are as wide as the picture, from 320 to 960 px, and at most 1280 px high. Not on the GUI
/// thread.
QImage renderSheet(const QString& name, const std::vector<SheetColumn>& columns, JobControl& control);

}  // namespace dinoscope
