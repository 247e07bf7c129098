#pragma once

#include <optional>

#include "ui/explore/attention_painter.h"
#include "ui/explore/explore_actions.h"
#include "ui/explore/explore_session.h"
#include "ui/explore/export_view.h"
#include "ui/explore/stage.h"
#include "ui/picture_query.h"
#include "ui/recent.h"
#include "ui/workspace.h"

class QLabel;
class QScrollArea;
class QSplitter;
class QToolButton;

namespace dinoscope {

class ColourBar;
class ControlPanel;
class Dialogs;
class ElidedLabel;
class Filmstrip;
class HeadGrid;
class MessageBar;
class ModelMenu;
class PictureOpener;

/// Attention of a model's heads over pictures: everything between menu bar and status bar.
class ExploreWorkspace : public Workspace {
    Q_OBJECT

public:
    /// All outlive the workspace. `window` is where the actions' shortcuts hold.
    ExploreWorkspace(ExploreSession& session, Dialogs& dialogs, Recent& pictures, Recent& models,
                     QWidget* window);

    ExploreActions& actions() { return *actions_; }
    ExploreSession& session() { return session_; }

    QString key() const override { return QStringLiteral("explore"); }
    QString title() const override { return tr("&Explore"); }
    void fillMenu(Menu which, QMenu& menu) override;
    QList<QMenu*> makeMenus(QWidget* parent) override;
    void openPictures(const QStringList& files) override;
    void openFolder(const QString& folder) override;
    void openFolders(const QStringList& folders, const QStringList& pictures) override;
    void openPicture(const QImage& picture, const QString& name) override;
    void setDropHint(bool shown) override { stage_->setDropHint(shown); }
    void tellError(const QString& sentence) override;
    bool isSettled() const override;
    QString otherKeys() const override;

    void openModel(const api::ModelSource& source);
    void setSamples(const QStringList& files);
    /// A run that is being trained, whose teacher is offered as a model; empty for none.
    void setLiveRun(const QString& run);

Q_SIGNALS:
    void trainRequested();
    /// What do other models make of this picture?
    void compareRequested();
    /// What looks like this?
    void neighboursRequested(const dinoscope::PictureQuery& query);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeHeader();
    QWidget* makeFooter();
    QWidget* makeCentre();
    void connectOpener();
    void connectSession();
    void connectActions();
    void connectStage();
    void connectNeighbours();
    void connectPanel();

    void showPicture();
    void showModel();
    void showModelNotice();
    bool showsEnergy() const;
    void showCost();
    void showTiles(int heads);
    void showField();
    void showMap();
    void showSettings();
    void showQuery();
    /// The session's, with what only the workspace knows.
    ExploreState wholeState() const;
    void showState();
    void showProgress(const JobBridge::Shown& shown);
    void showCard();
    void showMissingModel(bool loading);
    void showStatus();
    void repaintAttention();

    void edit(const std::function<void(ExploreSettings&)>& change);
    void chooseTile(int tile);
    void hoverCell(std::optional<QPoint> cell);
    void clickCell(QPoint cell);
    void handleCellKey(int key);
    void askFromCls();
    void askNeighbours();
    void askNeighboursOfPart(QRect region);
    void askNeighboursOfMask();
    void leaveRegionMode();
    PictureQuery pictureQuery() const;
    void setFollow(bool follow);
    void openWeights();
    void askHeadsOf(const api::ModelSource& source, const UnknownHeads& unknown);
    void startExport();
    void runExport(ExportRequest request);
    void copyPicture();
    void copyCommand();
    SeenView seenView() const;

    ExploreSession& session_;
    Dialogs& dialogs_;
    Recent& recentPictures_;
    Recent& recentModels_;
    ExploreActions* actions_;
    AttentionPainter painter_;
    ExploreSettings paintedSettings_;
    QString exportFolder_;  ///< that the person chose
    bool exporting_ = false;
    std::optional<QPoint> hovered_;
    JobBridge::Shown progress_;

    ElidedLabel* pictureName_;
    QToolButton* modelButton_;
    ModelMenu* modelMenu_;
    MessageBar* modelNotice_;  ///< what to know of the model before one trusts the map
    MessageBar* message_;
    QString messageAction_;
    bool messageIsOfView_ = false;  ///< it ends when something can be shown again
    QSplitter* splitter_;
    Filmstrip* filmstrip_;
    PictureOpener* opener_ = nullptr;
    Stage* stage_;
    HeadGrid* strip_;
    QScrollArea* stripArea_;
    QWidget* footer_;
    ColourBar* colourBar_;
    QLabel* zoomText_;
    ControlPanel* panel_;
    bool panelChosen_ = false;  ///< the person showed or hid it
};

}  // namespace dinoscope
