#pragma once

#include <QRectF>
#include <QWidget>
#include <memory>
#include <vector>

#include "engine/api/train_preview.h"
#include "ui/bridge/job_bridge.h"

class QLabel;
class QPushButton;

namespace dinoscope {

class RunSetup;
struct Runners;

/// Where the views of an image go in a room: global ones (true) twice as high as local ones, in as few lines
/// as hold them all, so that they are as large as can be.
std::vector<QRectF> cropPlaces(const std::vector<bool>& globals, const QRectF& room);

/// The views that training would make of one of the images, with the parts of it that they show; drawn anew
/// by a button. They are made by the code that training makes them with.
class CropSection : public QWidget {
    Q_OBJECT

public:
    CropSection(RunSetup& setup, const Runners& runners, QWidget* parent = nullptr);

    void setPicture(const QString& file);
    bool isSettled() const { return jobs_.pending() == 0; }
    const api::CropPreviews* previews() const { return previews_.get(); }

Q_SIGNALS:
    void activityChanged();

protected:
    void showEvent(QShowEvent* event) override;

private:
    class View;

    void request();
    void accept(std::shared_ptr<const api::CropPreviews> previews);

    RunSetup& setup_;
    JobRunner& runner_;
    QString file_;
    std::int64_t roll_ = 0;
    std::shared_ptr<const api::CropPreviews> previews_;
    View* view_;
    QLabel* text_;
    QPushButton* again_;
    JobBridge jobs_;
};

}  // namespace dinoscope
