#include "ui/explore/control_panel.h"

#include "ui/explore/appearance_section.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_section.h"
#include "ui/explore/query_section.h"

namespace dinoscope {

ControlPanel::ControlPanel(QWidget* parent)
    : SidePanel(parent),
      appearance_(new AppearanceSection),
      query_(new QuerySection),
      input_(new InputSection),
      model_(new ModelSection) {
    addSection(appearance_);
    addSection(query_);
    addSection(input_);
    addSection(model_);
}

}  // namespace dinoscope
