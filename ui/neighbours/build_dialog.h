#pragma once

#include <QDialog>

#include "engine/api/gallery.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace dinoscope {

class Dialogs;

/// Which folder to build a gallery of, with which model, and where to. Does not wait: accepted() tells.
class BuildDialog : public QDialog {
    Q_OBJECT

public:
    /// `source` may be empty. `model` is offered, another can be chosen.
    BuildDialog(Dialogs& dialogs, const QString& source, const api::ModelSource& model,
                QWidget* parent = nullptr);

    QString source() const;
    QString gallery() const;
    /// api::indexOptions() with what was chosen here and of `common`.
    OptionValues options(const OptionValues& common) const;

private:
    void makeFolders(Dialogs& dialogs);
    void makeModel(Dialogs& dialogs);
    void makeChoices();
    void setSource(const QString& folder);
    void refresh();

    api::ModelSource model_;
    bool galleryChosen_ = false;
    QLineEdit* source_;
    QLineEdit* gallery_;
    QLineEdit* weights_;
    QComboBox* architecture_;
    QComboBox* features_;
    QComboBox* storage_;
    QLabel* summary_;
    QPushButton* build_;
};

/// Sets the options that name a model.
void putModel(OptionValues& options, const api::ModelSource& model);
/// Copies what is set of `common` and known to `options`.
void putCommon(OptionValues& options, const OptionValues& common);

}  // namespace dinoscope
