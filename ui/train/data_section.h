#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace dinoscope {

class ContactSheet;
class Dialogs;
class RunSetup;
class ThumbnailLoader;

/// The images to learn from: which folder, and at once what is in it.
class DataSection : public QWidget {
    Q_OBJECT

public:
    DataSection(RunSetup& setup, Dialogs& dialogs, QWidget* parent = nullptr);

    bool isSettled() const;

Q_SIGNALS:
    void activityChanged();
    void chosen(const QString& file);  ///< a picture of the contact sheet

private:
    void browse(Dialogs& dialogs);
    void refresh();
    void tellUnreadable(Dialogs& dialogs);

    RunSetup& setup_;
    ThumbnailLoader* loader_;
    QStringList files_;  ///< of the contact sheet
    QLineEdit* path_;
    QLabel* summary_;
    QLabel* details_;
    QLabel* problem_;
    QPushButton* unreadable_;
    ContactSheet* sheet_;
};

}  // namespace dinoscope
