#pragma once

#include <QWidget>

namespace dinoscope {

/// Takes the wheel from a field of a form that scrolls: a value that changes while one scrolls past it is
/// worse than one that the wheel does not reach. Nor does the wheel take the keyboard there.
void keepFromWheel(QWidget& field);

/// The same, for where fields are made: `box_ = calm(new QSpinBox)`.
template <typename Field>
Field* calm(Field* field) {
    keepFromWheel(*field);
    return field;
}

}  // namespace dinoscope
