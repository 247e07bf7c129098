#pragma once

#include <QImage>
#include <QLineF>
#include <QRectF>
#include <QWidget>
#include <optional>
#include <vector>

class QLabel;

namespace dinoscope {

class ElidedLabel;

/// A picture as large as there is room, a title and two lines above; a part of it can be framed.
class PictureCard : public QWidget {
    Q_OBJECT

public:
    explicit PictureCard(const QString& title, QWidget* parent = nullptr);

    void setTexts(const QString& first, const QString& second);
    /// Null shows a placeholder.
    void setPicture(const QImage& picture);
    bool hasPicture() const;
    /// Shares of width and height: the rest is darkened. An empty one for none.
    void setPart(const QRectF& part);
    /// Lines around a part of any shape, likewise in shares.
    void setOutline(std::vector<QLineF> lines);

    QSize sizeHint() const override { return {224, 260}; }
    QSize minimumSizeHint() const override { return {120, 120}; }

private:
    class Face;

    Face* face_;
    ElidedLabel* first_;
    ElidedLabel* second_;
};

}  // namespace dinoscope
