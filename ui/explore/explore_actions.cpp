#include "ui/explore/explore_actions.h"

#include <QAction>
#include <QMenu>

namespace dinoscope {

ExploreActions::ExploreActions(QWidget* window) : AttentionActions("action", window) {
    openWeights = addNamed("OpenWeights", tr("Open &weights…"), QStringLiteral("Ctrl+W"),
                           tr("Open a model: .pth or .safetensors"), "model");
    compareModels =
        addNamed("CompareModels", tr("Compare with &other models"), QStringLiteral("C"),
                 tr("This picture under the attention of several models, side by side"), "columns");
    grid = addNamed("Grid", tr("All heads in a &grid"), QStringLiteral("G"), {}, "grid");
    grid->setCheckable(true);
    neighbours = addNamed("Neighbours", tr("What looks like this &picture"), QStringLiteral("N"),
                          tr("Look in the gallery for what is similar to this picture"), "search");
    neighboursOfPart =
        addNamed("NeighboursOfPart", tr("What looks like a pa&rt…"), QStringLiteral("R"),
                 tr("Drag a rectangle: the gallery is searched for what looks like it"), "region");
    neighboursOfPart->setCheckable(true);
    neighboursOfMask =
        addNamed("NeighboursOfMask", tr("What looks like the mas&k"), QStringLiteral("Shift+N"),
                 tr("Look in the gallery for what is similar to the patches that the mask keeps"));
}

void ExploreActions::setControls(const ExploreControls& controls, int heads) {
    AttentionActions::setControls(controls, heads);
    compareModels->setEnabled(controls.neighbours);
    neighbours->setEnabled(controls.neighbours);
    neighboursOfPart->setEnabled(controls.neighbours);
    neighboursOfMask->setEnabled(controls.neighboursOfMask);
    cls->setEnabled(controls.query || neighboursOfPart->isChecked());
    grid->setEnabled(controls.grid);
}

void ExploreActions::fillNeighboursMenu(QMenu& menu) const {
    menu.addAction(neighbours);
    menu.addAction(neighboursOfPart);
    menu.addAction(neighboursOfMask);
}

void ExploreActions::fillViewMenu(QMenu& menu) const {
    fillZoomMenu(menu);
    menu.addSeparator();
    menu.addAction(grid);
    menu.addAction(strip);
    menu.addAction(panel);
}

}  // namespace dinoscope
