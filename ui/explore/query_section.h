#pragma once

#include "ui/explore/explore_state.h"
#include "ui/widgets/section.h"

class QLabel;
class QToolButton;

namespace dinoscope {

/// Which token asks: [CLS], the patch under the mouse, or a patch that was clicked.
class QuerySection : public Section {
    Q_OBJECT

public:
    explicit QuerySection(QWidget* parent = nullptr);

    void setQuery(const Query& query, bool follow);
    void setControls(const ExploreControls& controls);

Q_SIGNALS:
    void clsChosen();
    void followChosen();

private:
    QToolButton* cls_;
    QToolButton* follow_;
    QLabel* text_;
};

}  // namespace dinoscope
