#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>

#include "ui/theme.h"

namespace dinoscope {

namespace {

/// Draws a line icon in the palette's colour at the moment of drawing.
class TintedIconEngine : public QIconEngine {
public:
    TintedIconEngine(QString name, QColor colour) : name_(std::move(name)), colour_(colour) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const qreal ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
        painter->drawPixmap(rect, tinted(rect.size() * ratio, mode));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override { return tinted(size, mode); }

    QIconEngine* clone() const override { return new TintedIconEngine(name_, colour_); }
    QString key() const override { return QStringLiteral("dinoscope-tinted"); }

private:
    QColor colourFor(QIcon::Mode mode) const {
        const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        if (mode != QIcon::Disabled && colour_.isValid()) return colour_;
        return QApplication::palette().color(group, QPalette::ButtonText);
    }

    QPixmap tinted(const QSize& size, QIcon::Mode mode) const {
        const QColor colour = colourFor(mode);
        const QString key = QStringLiteral("tinted:%1:%2:%3x%4")
                                .arg(name_, colour.name(QColor::HexArgb))
                                .arg(size.width())
                                .arg(size.height());
        QPixmap pixmap;
        if (QPixmapCache::find(key, &pixmap)) return pixmap;
        QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        if (!file.open(QIODevice::ReadOnly)) return pixmap;
        QSvgRenderer renderer(file.readAll().replace("#000000", colour.name().toLatin1()));
        QPainter painter(&pixmap);
        renderer.render(&painter);
        painter.end();
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }

    QString name_;
    QColor colour_;
};

}  // namespace

QIcon themeIcon(const QString& name) {
    return QIcon(new TintedIconEngine(name, {}));
}

QIcon tintedIcon(const QString& name, const QColor& colour) {
    return QIcon(new TintedIconEngine(name, colour));
}

}  // namespace dinoscope
