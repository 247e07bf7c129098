#include "ui/train/run_page.h"

#include <QPushButton>

#include "engine/api/run.h"
#include "ui/theme.h"

namespace dinoscope {

QPushButton* RunPage::makeExampleButton() {
    if (api::exampleRun().empty()) return nullptr;
    auto* button = new QPushButton(themeIcon(QStringLiteral("play")), tr("Replay the example"));
    button->setObjectName(QStringLiteral("replayExample"));
    button->setToolTip(tr("A run that came with Dinoscope, as it was recorded"));
    connect(button, &QPushButton::clicked, this, &RunPage::exampleWanted);
    return button;
}

}  // namespace dinoscope
