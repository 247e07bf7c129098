#pragma once

#include <QRect>
#include <QSize>
#include <QString>
#include <memory>
#include <optional>

#include "engine/api/neighbours.h"

namespace dinoscope {

/// A picture, or a part of it, whose like is looked for.
struct PictureQuery {
    std::shared_ptr<const Image> image;  ///< upright, of one without a file; null: to be read from the file
    QString file;                        ///< empty for one from the clipboard
    QString name;
    QSize size{};                   ///< of the upright picture; empty where it is not known yet
    std::optional<QRect> region{};  ///< in pixels of the picture
    std::optional<api::PatchMask> mask{};
};

}  // namespace dinoscope
