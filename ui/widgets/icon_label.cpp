#include "ui/widgets/icon_label.h"

#include <QPainter>

namespace dinoscope {

IconLabel::IconLabel(QIcon icon, int side, QWidget* parent)
    : QWidget(parent), icon_(std::move(icon)), side_(side) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void IconLabel::setIcon(const QIcon& icon) {
    icon_ = icon;
    update();
}

void IconLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    icon_.paint(&painter, rect());
}

}  // namespace dinoscope
