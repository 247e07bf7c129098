#pragma once

#include <QColor>
#include <QHash>
#include <vector>

#include "engine/api/neighbours.h"
#include "ui/widgets/section.h"

class QLabel;

namespace dinoscope {

class BarList;

/// What the neighbours vote for, as the k-NN classifier counts.
class VoteSection : public Section {
    Q_OBJECT

public:
    explicit VoteSection(QWidget* parent = nullptr);

    void setHues(const QHash<QString, QColor>& hues) { hues_ = hues; }
    /// `hint` is shown where there are no votes.
    void setVotes(const std::vector<LabelVote>& votes, const QString& hint);

private:
    QHash<QString, QColor> hues_;
    BarList* bars_;
    QLabel* hint_;
};

}  // namespace dinoscope
