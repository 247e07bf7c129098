#pragma once

#include <QDialog>

class QSpinBox;

namespace dinoscope {

/// How long a finished run is to be in all.
class ExtendDialog : public QDialog {
    Q_OBJECT

public:
    ExtendDialog(const QString& run, int epochs, QWidget* parent = nullptr);

    int epochs() const;

private:
    QSpinBox* epochs_;
};

}  // namespace dinoscope
