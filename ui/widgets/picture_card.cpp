#include "ui/widgets/picture_card.h"

#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

#include "ui/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/image_pyramid.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kIcon = 28;

}  // namespace

class PictureCard::Face : public QWidget {
public:
    ImagePyramid picture;
    QRectF part;
    std::vector<QLineF> outline;

    Face() { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding); }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        if (picture.isNull()) {
            drawPlaceholder(painter);
            return;
        }
        QRectF frame(QPointF(), QSizeF(picture.size()).scaled(QSizeF(size()), Qt::KeepAspectRatio));
        frame.moveLeft((width() - frame.width()) / 2);  // below its texts, whatever its shape
        const double scale = frame.width() * devicePixelRatioF() / picture.size().width();
        painter.drawImage(frame, picture.levelFor(scale));
        const auto place = [&frame](const QPointF& share) {
            return frame.topLeft() + QPointF(share.x() * frame.width(), share.y() * frame.height());
        };
        if (!part.isEmpty())
            drawPart(painter, frame, QRectF(place(part.topLeft()), place(part.bottomRight())));
        for (const QPen& pen : {QPen(QColor(0, 0, 0, 160), 3), QPen(Qt::white, 1)}) {
            painter.setPen(pen);
            for (const QLineF& line : outline)
                painter.drawLine(place(line.p1()), place(line.p2()));
        }
    }

private:
    void drawPlaceholder(QPainter& painter) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::AlternateBase));
        painter.drawRoundedRect(rect(), kHalfStep, kHalfStep);
        const QRect place(rect().center() - QPoint(kIcon / 2, kIcon / 2), QSize(kIcon, kIcon));
        themeIcon(QStringLiteral("image")).paint(&painter, place, Qt::AlignCenter, QIcon::Disabled);
    }

    static void drawPart(QPainter& painter, const QRectF& frame, const QRectF& shown) {
        QPainterPath rest;
        rest.addRect(frame);
        rest.addRect(shown);
        painter.fillPath(rest, QColor(0, 0, 0, 130));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(Qt::white, 1.5));
        painter.drawRect(shown);
    }
};

PictureCard::PictureCard(const QString& title, QWidget* parent)
    : QWidget(parent), face_(new Face), first_(new ElidedLabel), second_(new ElidedLabel) {
    auto* heading = new QLabel(title);
    heading->setProperty("look", "title");
    second_->setRole(QPalette::PlaceholderText);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kHalfStep);
    column->addWidget(heading);
    column->addWidget(first_);
    column->addWidget(second_);
    column->addWidget(face_, 1);
}

void PictureCard::setTexts(const QString& first, const QString& second) {
    first_->setText(first);
    second_->setText(second);
}

void PictureCard::setPicture(const QImage& picture) {
    face_->picture = picture.isNull() ? ImagePyramid() : ImagePyramid(picture);
    face_->update();
}

bool PictureCard::hasPicture() const {
    return !face_->picture.isNull();
}

void PictureCard::setPart(const QRectF& part) {
    face_->part = part;
    face_->update();
}

void PictureCard::setOutline(std::vector<QLineF> lines) {
    face_->outline = std::move(lines);
    face_->update();
}

}  // namespace dinoscope
