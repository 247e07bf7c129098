#pragma once

#include <QImage>
#include <QList>
#include <QString>
#include <QStringList>
#include <QWidget>

class QAction;
class QActionGroup;
class QMenu;

namespace dinoscope {

/// What the main window asks of each of its workspaces. Everything between menu bar and status bar is the
/// workspace's; menus, drops, the clipboard and the status bar are the window's, which fills them from the
/// workspace on show.
class Workspace : public QWidget {
    Q_OBJECT

public:
    /// The menus of the window that a workspace has entries in.
    enum class Menu { File, Edit, View };

    explicit Workspace(QWidget* parent = nullptr);

    /// As --workspace and the settings name it: "explore".
    virtual QString key() const = 0;
    /// For people, with the mnemonic: "&Explore".
    virtual QString title() const = 0;
    virtual void fillMenu(Menu which, QMenu& menu) = 0;
    /// Menus of its own, between View and Help; `parent` owns them. Asked for once.
    virtual QList<QMenu*> makeMenus(QWidget* parent) = 0;

    /// Pictures that a dialog, a drop or the clipboard gave; what is done with them is the workspace's.
    virtual void openPictures(const QStringList& files) = 0;
    virtual void openFolder(const QString& folder) = 0;
    /// Several at once, or pictures beside them, as a drop or a command line gives them. Here: the first
    /// folder, since there is one gallery and one training at a time, and what is left is told.
    virtual void openFolders(const QStringList& folders, const QStringList& pictures);
    virtual void openPicture(const QImage& picture, const QString& name) = 0;
    /// A frame while something is dragged over the window.
    virtual void setDropHint(bool shown) = 0;
    /// A sentence where the person looks; until it is dismissed or something is opened.
    virtual void tellError(const QString& sentence) = 0;
    /// Nothing is being computed, read or decoded.
    virtual bool isSettled() const = 0;
    /// Keys that no action has, as rich text, for the list of shortcuts.
    virtual QString otherKeys() const { return {}; }

    /// Its actions' shortcuts hold only while it is active.
    void setActive(bool active);
    bool isActive() const;

    const QString& statusText() const { return status_; }
    const QString& documentName() const { return document_; }
    /// What computes, for the status bar, and where in more words; empty where there is nothing to tell.
    const QString& placement() const { return placement_; }
    const QString& placementDescription() const { return placementDescription_; }

Q_SIGNALS:
    void statusChanged(const QString& text);
    void documentChanged(const QString& name);
    void placementChanged();
    void activityChanged();
    void failed(const QString& sentence);
    void openPictureRequested();
    void openFolderRequested();

protected:
    void setStatus(const QString& text);
    void setDocumentName(const QString& name);
    void setPlacement(const QString& text, const QString& description);
    /// Every action with a shortcut belongs here: two workspaces may use the same keys.
    void own(const QList<QAction*>& actions);

private:
    QActionGroup* actions_;
    QString status_;
    QString document_;
    QString placement_;
    QString placementDescription_;
};

}  // namespace dinoscope
