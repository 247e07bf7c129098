#pragma once

#include "ui/neighbours/neighbours_state.h"
#include "ui/widgets/section.h"

class QDoubleSpinBox;
class QLabel;
class QSlider;
class QSpinBox;

namespace dinoscope {

/// How many neighbours are shown and vote, and how similar they must be.
class ResultsSection : public Section {
    Q_OBJECT

public:
    explicit ResultsSection(QWidget* parent = nullptr);

    /// `items` of the gallery: the most that k can be.
    void setItems(std::int64_t items);
    void setSettings(const NeighboursSettings& settings);
    void setSummary(const QString& text);
    void setControls(const NeighboursControls& controls);

Q_SIGNALS:
    void edited(const dinoscope::NeighboursSettings& settings);

private:
    void edit(const NeighboursSettings& settings);

    NeighboursSettings settings_;
    std::int64_t items_ = 1;
    QSlider* kSlider_;
    QSpinBox* k_;
    QSlider* thresholdSlider_;
    QDoubleSpinBox* threshold_;
    QLabel* summary_;
};

}  // namespace dinoscope
