#pragma once

#include <functional>
#include <optional>

#include "ui/explore/explore_state.h"
#include "ui/widgets/section.h"

class QComboBox;
class QLabel;
class QSpinBox;

namespace dinoscope {

/// Input size with what it will cost, and the layer.
class InputSection : public Section {
    Q_OBJECT

public:
    explicit InputSection(QWidget* parent = nullptr);

    /// Shows without telling.
    void setSettings(const ExploreSettings& settings);
    void setControls(const ExploreControls& controls);
    /// Layers to choose from; 0 while there is no model.
    void setLayers(int layers);
    void setPatchSize(int pixels);
    /// What the network will see, and what that takes; empty texts while unknown.
    void setPlan(const QString& geometry, const QString& cost);

Q_SIGNALS:
    void edited(const dinoscope::ExploreSettings& settings);

private:
    void edit(const std::function<void(ExploreSettings&)>& change);
    void editSize();

    ExploreSettings settings_;
    QComboBox* kind_;
    QSpinBox* width_;
    QLabel* times_;
    QSpinBox* height_;
    QLabel* geometry_;
    QLabel* cost_;
    QComboBox* layer_;
};

}  // namespace dinoscope
