#include "ui/explore/attention_widgets.h"

#include <QAction>
#include <QCoreApplication>

#include "ui/bridge/colour_bridge.h"
#include "ui/explore/attention_actions.h"
#include "ui/explore/explore_text.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/floating_card.h"

namespace dinoscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Explore", text);
}

}  // namespace

QSize cellsOf(const InputGeometry& geometry) {
    return {geometry.columns, geometry.rows};
}

QRectF coveredBy(const InputGeometry& geometry) {
    return {0, 0, geometry.coveredWidth(), geometry.coveredHeight()};
}

std::optional<QPoint> cellOf(const Query& query) {
    if (!query.patch) return std::nullopt;
    return QPoint(query.patch->column, query.patch->row);
}

std::vector<HeadTile> headTiles(int heads, const AttentionActions& actions) {
    std::vector<HeadTile> tiles;
    for (int tile = 0; heads > 0 && tile < kFirstHeadTile + heads; ++tile) {
        const HeadChoice choice = choiceOf(tile);
        HeadTile shown;
        QString key;
        if (choice.kind == HeadChoice::Kind::One) {
            shown.label = tr("Head %1").arg(choice.head);
            shown.swatch = hueOf(choice.head, heads);
            if (choice.head < kHeadKeys) {
                const QAction& action = *actions.head[std::size_t(choice.head)];
                key = action.shortcut().toString(QKeySequence::NativeText);
            }
        } else {
            shown.label = tile == kMeanTile ? tr("Mean") : tr("All");
            key = tile == kMeanTile ? QStringLiteral("M") : QStringLiteral("A");
        }
        shown.toolTip = headTitle(choice);
        if (!key.isEmpty()) shown.toolTip += QStringLiteral(" (%1)").arg(key);
        tiles.push_back(shown);
    }
    return tiles;
}

void showColours(ColourBar& bar, const AttentionPainter& painter, const ExploreSettings& settings,
                 int heads) {
    if (heads == 0) {
        bar.clear();
        return;
    }
    if (settings.heads.kind == HeadChoice::Kind::All) {
        std::vector<std::pair<QColor, QString>> legend;
        for (int head = 0; head < heads; ++head)
            legend.emplace_back(hueOf(head, heads), QString::number(head));
        bar.setLegend(std::move(legend));
        return;
    }
    const ValueRange range = painter.shownRange();
    bar.setGradient(gradientOf(settings.colourMap), valueText(range.low), valueText(range.high));
}

void showCard(FloatingCard& card, const JobBridge::Shown& running, const ExploreState& state,
              const std::optional<api::Cost>& cost) {
    if (!running.title.isEmpty()) {
        QString text = running.title;
        if (running.progress.total > 0) {
            text += tr(": %1 of %2 %3")
                        .arg(running.progress.done)
                        .arg(running.progress.total)
                        .arg(QString::fromStdString(running.progress.unit));
        }
        card.showProgress(text, running.progress.done, running.progress.total, tr("Cancel"));
    } else if (state.waiting && state.picture && state.model) {
        QString text = tr("The map was not computed.");
        if (cost) text = tr("Computing this takes %1.").arg(costText(*cost));
        card.showQuestion(text, tr("Compute"));
    } else {
        card.hide();
    }
}

}  // namespace dinoscope
