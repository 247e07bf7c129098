#include "ui/widgets/calm.h"

#include <QEvent>

namespace dinoscope {

namespace {

/// What is ignored goes on to the field's parent, which scrolls.
class WheelIgnorer : public QObject {
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() != QEvent::Wheel) return QObject::eventFilter(watched, event);
        event->ignore();
        return true;
    }
};

}  // namespace

void keepFromWheel(QWidget& field) {
    field.setFocusPolicy(Qt::StrongFocus);
    field.installEventFilter(new WheelIgnorer(&field));
}

}  // namespace dinoscope
