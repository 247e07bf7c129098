#pragma once

#include <QDialog>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace dinoscope {

class Dialogs;

/// What to export and where to. Does not wait: accepted() tells.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    /// `stem` starts every file's name.
    /// `energy`: the map is of no heads.
    ExportDialog(Dialogs& dialogs, const QString& folder, const QString& stem, bool energy,
                 QWidget* parent = nullptr);

    bool asSeen() const;
    bool everyHead() const;
    bool raw() const;
    QString folder() const;

private:
    void refresh();

    QString stem_;
    QCheckBox* asSeen_;
    QCheckBox* everyHead_;
    QCheckBox* raw_;
    QLineEdit* folder_;
    QLabel* summary_;
    QPushButton* export_;
};

}  // namespace dinoscope
