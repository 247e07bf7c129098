#pragma once

#include "engine/api/gallery.h"
#include "ui/widgets/section.h"

class QAction;
class QFormLayout;
class QLabel;

namespace dinoscope {

/// What is known of the gallery that is open.
class GallerySection : public Section {
    Q_OBJECT

public:
    /// `update` brings the gallery up to date.
    explicit GallerySection(QAction* update, QWidget* parent = nullptr);

    void setGallery(const api::GalleryInfo* info);

private:
    void addRow(const QString& name, const QString& value, const QString& toolTip = {});

    QLabel* none_;
    QWidget* facts_;
    QFormLayout* rows_;
};

}  // namespace dinoscope
