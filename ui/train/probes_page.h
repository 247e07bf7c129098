#pragma once

#include "ui/train/probe_render.h"
#include "ui/train/probe_session.h"
#include "ui/train/run_page.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSettings;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace dinoscope {

class Dialogs;
class EmptyPage;
class HeadGrid;
class PercentSlider;
class PictureModel;
class ThumbnailGrid;

/// "See it learn": what the heads look at in pinned images, epoch after epoch, and which training images lie
/// next to them. Renewed while the run goes on.
class ProbesPage : public RunPage {
    Q_OBJECT

public:
    ProbesPage(Runners runners, Dialogs& dialogs, QSettings& settings, QWidget* parent = nullptr);

    void setRun(const std::filesystem::path& run) override;
    bool isSettled() const override;
    JobBridge* exports() override { return &session_.jobs(); }

    /// Whether pictures can be pinned now: the run on show is trained by this window.
    void setPinning(bool possible);

    ProbeSession& session() { return session_; }

Q_SIGNALS:
    /// These are to be the probe images from now on, those before included.
    void pinsWanted(const QStringList& files);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum class Shown { Teacher, Student, Both };

    QWidget* makeEmptyState();
    QWidget* makeBar();
    QWidget* makePinned();
    QWidget* makeStage();
    QWidget* makeNeighbours();
    QWidget* makeScrubber();
    void makeExports();
    void showImages();
    void showLooks();
    void showLook();
    void showFrame();
    void showPicture();
    void showHeads(HeadGrid& grid, api::ProbeFrame::Network network);
    void showNeighbours();
    QString whyNoNeighbours() const;
    void showPlaying();
    void chooseShown(Shown shown);
    void fillLayers();
    void enlarge(int tile);
    void askForPins();
    void exportStrip();
    void exportVideo();
    ProbeExport exported() const;
    double opacityOf() const;
    ProbeView view(api::ProbeFrame::Network network) const;

    Runners runners_;
    Dialogs& dialogs_;
    QSettings& settings_;
    ProbeSession session_;
    Shown shown_ = Shown::Teacher;
    int large_ = -1;   ///< the tile that alone is shown; -1 for all
    int layers_ = -1;  ///< that the choice of layers was filled for
    int firstLayer_ = -1;

    QStackedWidget* faces_;
    EmptyPage* empty_;
    QToolButton* teacher_;
    QToolButton* student_;
    QToolButton* both_;
    QComboBox* layer_;
    QComboBox* map_;
    PercentSlider* opacity_;
    QPushButton* pin_;
    QPushButton* pinFirst_;
    QPushButton* example_;  ///< null where no run ships
    QToolButton* export_;
    PictureModel* pinnedModel_;
    ThumbnailGrid* pinned_;
    HeadGrid* teacherHeads_;
    HeadGrid* studentHeads_;
    QLabel* teacherTitle_;
    QLabel* studentTitle_;
    QWidget* teacherSide_;
    QWidget* studentSide_;
    QWidget* neighbourSide_;
    QLabel* noNeighbours_;
    PictureModel* neighbourModel_;
    ThumbnailGrid* neighbours_;
    QToolButton* play_;
    QSlider* scrubber_;
    QLabel* epoch_;
};

}  // namespace dinoscope
