#include "ui/compare/compare_sheet.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

#include "engine/api/core.h"
#include "ui/bridge/image_bridge.h"

namespace dinoscope {

namespace {

constexpr double kLeastWidth = 320;
constexpr QSizeF kMost(960, 1280);
constexpr int kMargin = 16;
constexpr double kTextShare = 1.0 / 28;  // of a column's width, so that it can be read at any
constexpr int kLeastText = 13;

class Sheet {
public:
    Sheet(QSize picture, int columns) : picture_(picture) {
        title_.setPixelSize(std::max(kLeastText, int(picture.width() * kTextShare)));
        caption_ = title_;
        title_.setBold(true);
        caption_.setPixelSize(title_.pixelSize() * 5 / 6);
        line_ = QFontMetrics(title_).height();
        image_ = QImage(kMargin + columns * (picture.width() + kMargin),
                        picture.height() + 2 * (line_ + kMargin), QImage::Format_RGB32);
        image_.fill(Qt::white);
    }

    void add(const QString& title, const QString& caption, const QImage& picture) {
        QPainter painter(&image_);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        const int left = kMargin + filled_++ * (picture_.width() + kMargin);
        const QRect middle(QPoint(left, kMargin / 2 + line_ + kMargin / 2), picture_);
        painter.drawImage(middle.topLeft(),
                          picture.scaled(picture_, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
        write(painter, title_, Qt::black, QRect(left, kMargin / 2, picture_.width(), line_), title);
        write(painter, caption_, QColor(90, 90, 90),
              QRect(left, middle.bottom() + kMargin / 2, picture_.width(), line_), caption);
    }

    QImage take() { return std::move(image_); }

private:
    static void write(QPainter& painter, const QFont& font, const QColor& colour, const QRect& line,
                      const QString& text) {
        painter.setFont(font);
        painter.setPen(colour);
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(font).elidedText(text, Qt::ElideRight, line.width()));
    }

    QSize picture_;
    QFont title_;
    QFont caption_;
    int line_ = 0;
    int filled_ = 0;
    QImage image_;
};

/// That of the picture, unless it is tiny or huge.
QSize columnFor(const QSizeF& picture) {
    const double fits = std::min(kMost.width() / picture.width(), kMost.height() / picture.height());
    const double scale = std::min(fits, std::max(1.0, kLeastWidth / picture.width()));
    return (picture * scale).toSize().expandedTo({1, 1});
}

}  // namespace

QImage renderSheet(const QString& name, const std::vector<SheetColumn>& columns, JobControl& control) {
    const QImage original = viewOf(columns.front().seen.image);
    Sheet sheet(columnFor(original.size()), int(columns.size()) + 1);
    sheet.add(name, QObject::tr("%1 × %2 px").arg(original.width()).arg(original.height()), original);
    for (const SheetColumn& column : columns) {
        control.poll();
        sheet.add(column.title, column.caption, renderSeen(column.seen));
    }
    control.poll();
    return sheet.take();
}

}  // namespace dinoscope
