#pragma once

#include <QDialog>
#include <filesystem>
#include <optional>

#include "engine/api/gallery.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace dinoscope {

class Dialogs;
class LiveTeacherButton;

/// Which folder to build a gallery of, with which model, and where to. A gallery that is there already is
/// brought up to date on its own terms, which are shown. Does not wait: accepted() tells.
class BuildDialog : public QDialog {
    Q_OBJECT

public:
    /// `source` may be empty. `model` is offered, another can be chosen.
    BuildDialog(Dialogs& dialogs, const QString& source, const api::ModelSource& model,
                QWidget* parent = nullptr);

    /// The run in training, whose teacher is offered too; empty for none.
    void setLiveRun(const QString& run);

    QString source() const;
    QString gallery() const;
    /// api::indexOptions() with what was chosen here and of `common`.
    OptionValues options(const OptionValues& common) const;

private:
    /// What fields hold that a gallery has its own of.
    struct Terms {
        QString weights;
        QString features;
        QString storage;
    };

    void makeFolders(Dialogs& dialogs);
    void makeModel(Dialogs& dialogs);
    void makeChoices();
    void setSource(const QString& folder);
    void lookForGallery();
    void showTerms(const Terms& terms);
    QString obstacle() const;
    QString summary() const;
    QFormLayout& form() const;
    void refresh();

    api::ModelSource model_;
    std::optional<api::GalleryInfo> there_;  ///< the gallery that is kept there already
    QString unreadable_;                     ///< why what is known of it cannot be read
    Terms chosen_;                           ///< by the person, while those of a gallery are shown
    bool galleryChosen_ = false;
    QLineEdit* source_;
    QLineEdit* gallery_;
    QLineEdit* weights_;
    QWidget* weightsRow_;
    LiveTeacherButton* liveTeacher_;
    QComboBox* architecture_;
    QComboBox* features_;
    QComboBox* storage_;
    QLabel* summary_;
    QPushButton* build_ = nullptr;  ///< made last: what changes before is not checked yet
};

/// Sets the options that name a model.
void putModel(OptionValues& options, const api::ModelSource& model);
/// Copies what is set of `common` and known to `options`.
void putCommon(OptionValues& options, const OptionValues& common);
/// api::indexOptions() for a gallery that is there: what decides its features is as it was made with.
OptionValues updateOptions(const std::filesystem::path& gallery, const OptionValues& common);

}  // namespace dinoscope
