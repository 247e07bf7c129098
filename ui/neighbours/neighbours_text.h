#pragma once

#include <QString>
#include <cstdint>

#include "engine/api/gallery.h"
#include "ui/neighbours/neighbours_session.h"

namespace dinoscope {

/// The sentences and numbers of the Neighbours workspace, apart from the widgets that show them.

QString picturesText(std::int64_t count);        ///< "9,469 pictures", "1 picture"
QString featureText(const GalleryTerms& terms);  ///< "[CLS], 384 numbers"
QString inputText(const GalleryTerms& terms);    ///< "256 px, middle 224 × 224"
QString storageText(const GalleryTerms& terms);  ///< "fp32, 1.5 kB a picture"
QString galleryTitle(const api::GalleryInfo& info);
/// "coffee.jpg", "a part of coffee.jpg", "the mask in coffee.jpg".
QString queryName(const NeighbourQuery& query, const api::Gallery* gallery);
/// What came of bringing a gallery up to date.
QString reportText(const api::IndexReport& report);
/// That a contact sheet was written, and how many results it left out.
QString sheetText(const QString& file, std::int64_t drawn, std::int64_t results);
/// "12 groups of near duplicates, 30 pictures"; `cut` says that there are more groups.
QString groupsText(std::int64_t groups, std::int64_t pictures, bool cut);
/// Why something long has not begun.
QString waitingText();
QString progressText(const Progress& progress,
                     bool paused);  ///< "1,200 of 9,469 pictures, 31 a second, 4 min left"

}  // namespace dinoscope
