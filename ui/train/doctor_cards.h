#pragma once

#include <QTimer>
#include <QWidget>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/api/train_run.h"
#include "ui/bridge/job_bridge.h"

class QToolButton;
class QVBoxLayout;

namespace dinoscope {

struct Runners;

/// What the doctor says of a run, a card each: what is seen, and a button that sets another run up with the
/// change made. The worst is on show, and a button unfolds the others. Looks again while the run is written
/// to, whoever writes it.
class DoctorCards : public QWidget {
    Q_OBJECT

public:
    explicit DoctorCards(const Runners& runners, QWidget* parent = nullptr);

    /// An empty path for none.
    void setRun(const std::filesystem::path& run);
    const std::vector<Diagnosis>& diagnoses() const { return diagnoses_; }
    bool isSettled() const { return jobs_.pending() == 0; }

Q_SIGNALS:
    void changeRequested(const QString& option, const QString& value);
    void diagnosesChanged();
    void activityChanged();

private:
    void look();
    void show(std::vector<Diagnosis> found);
    QWidget* makeCard(const Diagnosis& diagnosis);
    QToolButton* makeMore();
    void unfold(bool all);

    JobRunner& runner_;
    std::filesystem::path run_;
    std::shared_ptr<api::RunDoctor> doctor_;  ///< touched by jobs only
    std::vector<Diagnosis> diagnoses_;
    QVBoxLayout* column_;
    QToolButton* more_ = nullptr;  ///< in the first card; null without others
    bool all_ = false;
    QTimer timer_;
    JobBridge jobs_;
};

}  // namespace dinoscope
