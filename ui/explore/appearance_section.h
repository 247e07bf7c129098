#pragma once

#include <functional>

#include "ui/explore/explore_state.h"
#include "ui/widgets/section.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;

namespace dinoscope {

class PercentSlider;

/// Opacity, colours, mask and the scale of colours.
class AppearanceSection : public Section {
    Q_OBJECT

public:
    explicit AppearanceSection(QWidget* parent = nullptr);

    /// Shows without telling.
    void setSettings(const ExploreSettings& settings);
    void setControls(const ExploreControls& controls);
    /// Whether there is one map of activation energy, rather than one of probabilities for each head.
    void setEnergy(bool energy);
    /// The range on show, taken over where the person turns to a fixed one.
    void setShownRange(ValueRange range) { shownRange_ = range; }

Q_SIGNALS:
    void edited(const dinoscope::ExploreSettings& settings);

private:
    void makeColours();
    void makeMask();
    void makeScale();
    void edit(const std::function<void(ExploreSettings&)>& change);

    ExploreSettings settings_;
    ValueRange shownRange_{0, 1};
    PercentSlider* opacity_;
    QComboBox* colourMap_;
    QCheckBox* smooth_;
    QCheckBox* mask_;
    QWidget* massLabel_;
    PercentSlider* mass_;
    QComboBox* scale_;
    QWidget* fixed_;
    QDoubleSpinBox* low_;
    QDoubleSpinBox* high_;
    QWidget* clipLabel_;
    PercentSlider* clip_;
};

}  // namespace dinoscope
