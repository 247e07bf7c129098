#include "ui/neighbours/vote_section.h"

#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/bar_list.h"

namespace dinoscope {

namespace {

constexpr int kMostLines = 6;

}  // namespace

VoteSection::VoteSection(QWidget* parent) : Section(tr("Vote"), parent) {
    bars_ = new BarList(kMostLines);
    bars_->setObjectName(QStringLiteral("votes"));
    bars_->setToolTip(
        tr("Each neighbour votes for its class with exp(similarity / 0.07), as the k-NN classifier counts"));
    hint_ = new QLabel;
    hint_->setProperty("look", "muted");
    hint_->setWordWrap(true);
    body()->addWidget(bars_);
    body()->addWidget(hint_);
}

void VoteSection::setVotes(const std::vector<LabelVote>& votes, const QString& hint) {
    std::vector<BarList::Bar> bars;
    for (const LabelVote& vote : votes) {
        const QString label = QString::fromStdString(vote.label);
        bars.push_back({label.isEmpty() ? tr("no class") : label,
                        tr("%1 %   %2").arg(vote.share * 100, 0, 'f', 0).arg(vote.count), vote.share,
                        hues_.value(label)});
    }
    bars_->setVisible(!bars.empty());
    hint_->setVisible(bars.empty());
    hint_->setText(hint);
    bars_->setBars(std::move(bars));
}

}  // namespace dinoscope
