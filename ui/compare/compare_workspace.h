#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ui/compare/compare_session.h"
#include "ui/workspace.h"

class QHBoxLayout;
class QStackedWidget;

namespace dinoscope {

class AppearanceSection;
class CompareActions;
class ComparePane;
class Dialogs;
class DropFrame;
class ElidedLabel;
class EmptyState;
class Filmstrip;
class FloatingCard;
class InputSection;
class MessageBar;
class PictureOpener;
class QuerySection;
class Recent;
class SidePanel;
struct SheetColumn;

/// Several models over one picture, side by side: they are asked from the same place and shown alike, and
/// zooming one zooms all.
class CompareWorkspace : public Workspace {
    Q_OBJECT

public:
    /// All outlive the workspace. `window` is where the actions' shortcuts hold.
    CompareWorkspace(CompareSession& session, Dialogs& dialogs, Recent& pictures, Recent& models,
                     QWidget* window);
    ~CompareWorkspace() override;

    CompareSession& session() { return session_; }

    QString key() const override { return QStringLiteral("compare"); }
    QString title() const override { return tr("&Compare"); }
    void fillMenu(Menu which, QMenu& menu) override;
    QList<QMenu*> makeMenus(QWidget* parent) override;
    void openPictures(const QStringList& files) override;
    void openFolder(const QString& folder) override;
    void openFolders(const QStringList& folders, const QStringList& pictures) override;
    void openPicture(const QImage& picture, const QString& name) override;
    void setDropHint(bool shown) override;
    void tellError(const QString& sentence) override;
    bool isSettled() const override;
    QString otherKeys() const override;

    /// What the first side begins with, against an untrained network, once the workspace is looked at.
    void offerModel(const api::ModelSource& source);
    /// What Explore shows, unless there is a picture here.
    void offerPicture(const Picture& picture);
    /// Loads the models that were offered, the first time.
    void begin();
    /// One takes the last side, several take one each from the first on.
    void openModels(const std::vector<api::ModelSource>& sources);
    /// This picture, and this model on the first side.
    void compare(const Picture& picture, const api::ModelSource& source);
    void setSamples(const QStringList& files);
    /// A run that is being trained, whose teacher is offered as a model; empty for none.
    void setLiveRun(const QString& run);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* makeHeader();
    QWidget* makeStage();
    QWidget* makePanel();
    void connectOpener();
    void connectSession();
    void connectActions();
    void addPane();
    void connectPane(ComparePane& pane);
    void closePane(ComparePane* pane);
    void addModel();
    int indexOf(const ComparePane* pane) const;  ///< -1 for one that is gone

    void openModel(int side, const api::ModelSource& source);
    void askForWeights(ComparePane& pane);
    void askHeadsOf(int side, const api::ModelSource& source, const UnknownHeads& unknown);

    void edit(const std::function<void(ExploreSettings&)>& change);
    void chooseTile(int tile);
    void point(std::optional<QPointF> place);
    void click(QPointF place);
    void handleKey(ComparePane& pane, int key);
    void movePlace(const ComparePane& pane, int key);
    void askFromCls();
    void setFollow(bool follow);

    std::vector<SheetColumn> sheetColumns() const;
    void copySheet();
    void saveSheet();
    /// `keep` on the files' thread, `done` here once that is done.
    void drawSheet(const QString& title, std::function<void(const QImage&)> keep, std::function<void()> done);
    void copyCommands();

    void showPicture();
    void showSettings();
    void showQuery();
    void showModels();
    void showState();
    void showPlan();
    void showStatus();

    CompareSession& session_;
    Dialogs& dialogs_;
    Recent& recentPictures_;
    Recent& recentModels_;
    CompareActions* actions_;
    std::optional<api::ModelSource> offered_;
    bool begun_ = false;
    QString liveRun_;
    bool drawing_ = false;
    std::optional<QPointF> pointer_;
    bool panelChosen_ = false;  ///< the person showed or hid it

    ElidedLabel* pictureName_;
    MessageBar* message_;
    bool messageIsOfView_ = false;  ///< it ends when something can be shown again
    QString written_;               ///< the file that the message tells of
    Filmstrip* filmstrip_;
    PictureOpener* opener_ = nullptr;
    QStackedWidget* stage_;
    EmptyState* empty_;
    QHBoxLayout* panesRow_ = nullptr;
    std::vector<ComparePane*> panes_;
    FloatingCard* card_;
    DropFrame* dropFrame_;
    SidePanel* panel_;
    AppearanceSection* appearance_;
    QuerySection* query_;
    InputSection* input_;
};

}  // namespace dinoscope
