#pragma once

#include <QFrame>
#include <QImage>

#include "ui/neighbours/pair_attention.h"

class QAction;
class QComboBox;

namespace dinoscope {

class PictureCard;

/// The query and the selected result, one above the other and as large as there is room; the same head's
/// attention can be laid over both.
class CompareColumn : public QFrame {
    Q_OBJECT

public:
    /// `attention` lays it over.
    explicit CompareColumn(QAction* attention, QWidget* parent = nullptr);

    /// Not what its bar asks for: pictures must not move when there are heads to choose.
    QSize sizeHint() const override;

    /// Texts and framed part of a query; its picture comes by setQueryPicture().
    void setQuery(const NeighbourQuery& query, const api::Gallery* gallery);
    void setQueryPicture(const QImage& picture);
    void setSelected(const QString& first, const QString& second);
    void setSelectedPicture(const QImage& picture);
    /// Null where there is none.
    void setAttention(const SharedAttention& query, const SharedAttention& selected);

private:
    /// A card, and what it is drawn from.
    struct Shown {
        PictureCard* card = nullptr;
        QImage picture;
        SharedAttention attention;
    };

    QWidget* makeBar(QAction* attention);
    void fillHeads(int heads);
    void draw(const Shown& shown);

    Shown query_;
    Shown selected_;
    QComboBox* head_;
};

}  // namespace dinoscope
