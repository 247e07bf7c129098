#include "ui/explore/query_section.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/explore/explore_text.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

QToolButton* makeWideSegment(const QString& text, const QString& name, const QString& toolTip) {
    QToolButton* button = makeSegment(text, name);
    button->setToolTip(toolTip);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    return button;
}

}  // namespace

QuerySection::QuerySection(QWidget* parent) : Section(tr("Query"), parent) {
    cls_ = makeWideSegment(tr("[CLS]"), QStringLiteral("queryCls"),
                           tr("The token that stands for the whole picture (Esc)"));
    follow_ = makeWideSegment(tr("Patch under mouse"), QStringLiteral("queryFollow"),
                              tr("Attention of the patch that the mouse is over, live (Q)"));
    auto* row = new QHBoxLayout;
    row->setSpacing(kHalfStep);
    row->addWidget(cls_, 1);
    row->addWidget(follow_, 2);
    body()->addLayout(row);
    text_ = new QLabel;
    text_->setProperty("look", "muted");
    text_->setWordWrap(true);
    text_->setObjectName(QStringLiteral("queryText"));
    body()->addWidget(text_);
    connect(cls_, &QToolButton::clicked, this, &QuerySection::clsChosen);
    connect(follow_, &QToolButton::clicked, this, &QuerySection::followChosen);
}

void QuerySection::setQuery(const Query& query, bool follow) {
    cls_->setChecked(!follow && !query.patch);
    follow_->setChecked(follow);
    if (follow) {
        text_->setText(query.patch ? tr("Asking: %1. Click to keep it.").arg(queryText(query))
                                   : tr("Move over the picture; a click keeps the patch."));
    } else if (query.patch) {
        text_->setText(tr("Kept: %1. Click it again to let go.").arg(queryText(query)));
    } else {
        text_->setText(tr("Click a patch to see what it attends to."));
    }
}

void QuerySection::setControls(const ExploreControls& controls) {
    cls_->setEnabled(controls.query);
    follow_->setEnabled(controls.query);
}

}  // namespace dinoscope
