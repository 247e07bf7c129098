#pragma once

#include <QString>
#include <QStringList>
#include <functional>

class QWidget;

namespace dinoscope {

/// Everything that asks the person through a window of the desktop. None of it waits: the answer comes later
/// by the function given, or never. Tests put their own in its place.
class Dialogs {
public:
    using Files = std::function<void(const QStringList&)>;
    using Folder = std::function<void(const QString&)>;

    virtual ~Dialogs() = default;
    /// `filters` as QFileDialog's name filters.
    virtual void openFiles(QWidget* parent, const QString& title, const QStringList& filters, bool several,
                           const Files& chosen) = 0;
    virtual void chooseFolder(QWidget* parent, const QString& title, const QString& start,
                              const Folder& chosen) = 0;
    /// `suggested` is a whole path. What has the chosen name is replaced: the person was asked.
    virtual void saveFile(QWidget* parent, const QString& title, const QString& suggested,
                          const QStringList& filters, const Folder& chosen) = 0;
    /// Shows a file in the desktop's file manager.
    virtual void reveal(const QString& file) = 0;
    virtual void tell(QWidget* parent, const QString& title, const QString& richText) = 0;

    struct Question {
        QString title;
        QString text;
        QString yes;  ///< what the buttons say
        QString no;   ///< the one that Escape and Enter press
    };
    using Answer = std::function<void(bool yes)>;
    virtual void ask(QWidget* parent, const Question& question, const Answer& answered) = 0;
};

/// Those of Qt and the desktop.
class DesktopDialogs : public Dialogs {
public:
    void openFiles(QWidget* parent, const QString& title, const QStringList& filters, bool several,
                   const Files& chosen) override;
    void chooseFolder(QWidget* parent, const QString& title, const QString& start,
                      const Folder& chosen) override;
    void saveFile(QWidget* parent, const QString& title, const QString& suggested, const QStringList& filters,
                  const Folder& chosen) override;
    void reveal(const QString& file) override;
    void tell(QWidget* parent, const QString& title, const QString& richText) override;
    void ask(QWidget* parent, const Question& question, const Answer& answered) override;

private:
    QString startFolder() const;

    QString lastFolder_;
};

}  // namespace dinoscope
