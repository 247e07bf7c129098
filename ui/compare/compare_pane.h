#pragma once

#include <QFrame>
#include <QPointF>
#include <optional>

#include "ui/compare/compare_sheet.h"
#include "ui/explore/attention_painter.h"
#include "ui/explore/explore_session.h"

class QAction;
class QScrollArea;
class QToolButton;

namespace dinoscope {

class AttentionActions;
class ColourBar;
class ElidedLabel;
class FloatingCard;
class HeadGrid;
class ImageCanvas;
class ModelMenu;
class Recent;

/// One side of a comparison: a model, its attention over the picture, its heads.
class ComparePane : public QFrame {
    Q_OBJECT

public:
    /// All outlive the pane.
    ComparePane(ExploreSession& session, const AttentionActions& actions, Recent& models,
                QWidget* parent = nullptr);

    ExploreSession& session() const { return session_; }
    ImageCanvas& canvas() const { return *canvas_; }
    ModelMenu& modelMenu() const { return *modelMenu_; }

    void setClosable(bool closable);
    void setStripShown(bool shown);
    /// The place that the mouse is over on some side, in pixels of the picture.
    void setPointer(std::optional<QPointF> place);
    /// The heads' choice by keys: one further in the strip, or back.
    void stepHead(int by);
    /// The name of the model, as the sheet and the tool tips have it.
    QString title() const;
    /// What a sheet needs; only while there is a map.
    SheetColumn sheetColumn() const;
    bool hasMap() const;
    ValueRange shownRange() const { return painter_.shownRange(); }
    /// With the job that runs for so long that the card tells of it.
    ExploreState state() const;

Q_SIGNALS:
    void openRequested();
    void modelChosen(const dinoscope::api::ModelSource& source);
    void closeRequested();
    void tileChosen(int tile);
    void pointed(std::optional<QPointF> place);
    void clicked(QPointF place);
    void keyPressed(int key);
    void viewMoved();
    void stateChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeHeader(Recent& models);
    QWidget* makeFooter();
    QWidget* makeStrip();
    void connectSession();
    void showPicture();
    void showModel();
    void showField();
    void showMap();
    void showSettings();
    void showQuery();
    void showCard();
    void showCaption();
    void fitStrip();
    QString captionText() const;
    QString spreadText() const;
    std::optional<QPointF> placeAt(std::optional<QPoint> cell) const;

    ExploreSession& session_;
    const AttentionActions& actions_;
    AttentionPainter painter_;
    ExploreSettings paintedSettings_;
    JobBridge::Shown progress_;
    std::optional<QPointF> pointer_;
    bool stripWanted_ = true;

    QToolButton* modelButton_;
    ModelMenu* modelMenu_;
    QToolButton* close_;
    ImageCanvas* canvas_;
    FloatingCard* card_;
    ColourBar* colourBar_;
    ElidedLabel* caption_;
    ElidedLabel* spread_;
    HeadGrid* strip_;
    QScrollArea* stripArea_;
};

}  // namespace dinoscope
