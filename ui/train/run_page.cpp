#include "ui/train/run_page.h"

#include <QPushButton>

#include "engine/api/core.h"
#include "engine/api/run.h"
#include "ui/bridge/texts.h"
#include "ui/theme.h"

namespace dinoscope {

QPushButton* RunPage::makeExampleButton() {
    if (api::shippedRuns().empty()) return nullptr;
    auto* button = new QPushButton(themeIcon(QStringLiteral("play")), tr("Replay the example"));
    button->setObjectName(QStringLiteral("replayExample"));
    button->setToolTip(tr("A run that came with Dinoscope, as it was recorded"));
    connect(button, &QPushButton::clicked, this, &RunPage::exampleWanted);
    return button;
}

void RunPage::tellExport(const JobResult& result, const QString& file) {
    switch (result.outcome) {
        case JobOutcome::Done:
            Q_EMIT told(tr("Wrote %1").arg(file));
            break;
        case JobOutcome::Cancelled:
            Q_EMIT told(exportStoppedText());
            break;
        case JobOutcome::Failed:
            Q_EMIT failed(sentenceOf(*result.error));
            break;
    }
}

}  // namespace dinoscope
