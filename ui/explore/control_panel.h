#pragma once

#include "ui/widgets/side_panel.h"

namespace dinoscope {

class AppearanceSection;
class InputSection;
class ModelSection;
class QuerySection;

/// The sections at the side of the Explore workspace.
class ControlPanel : public SidePanel {
    Q_OBJECT

public:
    explicit ControlPanel(QWidget* parent = nullptr);

    AppearanceSection& appearance() const { return *appearance_; }
    QuerySection& query() const { return *query_; }
    InputSection& input() const { return *input_; }
    ModelSection& model() const { return *model_; }

private:
    AppearanceSection* appearance_;
    QuerySection* query_;
    InputSection* input_;
    ModelSection* model_;
};

}  // namespace dinoscope
