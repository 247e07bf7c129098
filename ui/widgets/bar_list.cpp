#include "ui/widgets/bar_list.h"

#include <QPainter>
#include <algorithm>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kBar = 4;

}  // namespace

BarList::BarList(int mostLines, QWidget* parent) : QWidget(parent), mostLines_(mostLines) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void BarList::setBars(std::vector<Bar> bars) {
    bars_ = std::move(bars);
    QStringList texts;
    for (int i = 0; i < lines(); ++i)
        texts << QStringLiteral("%1 %2").arg(bars_[std::size_t(i)].name, bars_[std::size_t(i)].value);
    setAccessibleName(texts.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int BarList::lineHeight() const {
    return fontMetrics().height() + kBar + kStep;
}

int BarList::lines() const {
    return std::min(mostLines_, int(bars_.size()));
}

QSize BarList::sizeHint() const {
    const int rest = int(bars_.size()) > lines() ? fontMetrics().height() : 0;
    return {200, lines() * lineHeight() + rest};
}

void BarList::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int high = fontMetrics().height();
    for (int i = 0; i < lines(); ++i) {
        const Bar& bar = bars_[std::size_t(i)];
        const QRect line(0, i * lineHeight(), width(), high);
        const int taken = fontMetrics().horizontalAdvance(bar.value) + kStep;
        painter.setPen(palette().color(i == 0 ? QPalette::Text : QPalette::PlaceholderText));
        painter.drawText(line.adjusted(0, 0, -taken, 0), Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(bar.name, Qt::ElideMiddle, line.width() - taken));
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, bar.value);
        const QRectF track(0, line.bottom() + 2, width(), kBar);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::Mid));
        painter.drawRoundedRect(track, 2, 2);
        painter.setBrush(bar.colour.isValid() ? bar.colour : palette().color(QPalette::Highlight));
        painter.drawRoundedRect(QRectF(track.x(), track.y(), bar.share * track.width(), kBar), 2, 2);
    }
    if (int(bars_.size()) <= lines()) return;
    double rest = 0;
    for (std::size_t i = std::size_t(lines()); i < bars_.size(); ++i)
        rest += bars_[i].share;
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(QRect(0, lines() * lineHeight(), width(), high), Qt::AlignVCenter | Qt::AlignLeft,
                     tr("%1 more with %2 %").arg(int(bars_.size()) - lines()).arg(rest * 100, 0, 'f', 0));
}

}  // namespace dinoscope
