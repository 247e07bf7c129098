#pragma once

#include <QFrame>

#include "ui/neighbours/neighbours_session.h"

namespace dinoscope {

class PictureCard;

/// The query and the selected result, one above the other and as large as there is room.
class CompareColumn : public QFrame {
    Q_OBJECT

public:
    explicit CompareColumn(QWidget* parent = nullptr);

    /// Texts and framed part of a query; its picture comes by setQueryPicture().
    void setQuery(const NeighbourQuery& query, const api::Gallery* gallery);
    void setQueryPicture(const QImage& picture);
    void setSelected(const QString& first, const QString& second);
    void setSelectedPicture(const QImage& picture);

private:
    PictureCard* query_;
    PictureCard* selected_;
};

}  // namespace dinoscope
