#include "ui/neighbours/gallery_section.h"

#include <QAction>
#include <QFormLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

GallerySection::GallerySection(QAction* update, QWidget* parent) : Section(tr("Gallery"), parent) {
    none_ = new QLabel(tr("None open"));
    none_->setProperty("look", "muted");
    facts_ = new QWidget;
    rows_ = new QFormLayout(facts_);
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->setHorizontalSpacing(2 * kStep);
    rows_->setVerticalSpacing(kHalfStep);
    facts_->hide();
    auto* button = new QToolButton;
    button->setDefaultAction(update);
    button->setProperty("look", "button");
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    body()->addWidget(none_);
    body()->addWidget(facts_);
    body()->addWidget(button);
}

void GallerySection::addRow(const QString& name, const QString& value, const QString& toolTip) {
    auto* label = new QLabel(name);
    label->setProperty("look", "muted");
    label->setToolTip(toolTip);
    auto* text = new ElidedLabel;
    text->setText(value);
    rows_->addRow(label, text);
}

void GallerySection::setGallery(const api::GalleryInfo* info) {
    none_->setVisible(!info);
    facts_->setVisible(info);
    while (rows_->rowCount() > 0)
        rows_->removeRow(0);
    if (!info) return;
    const GalleryTerms& terms = info->terms;
    addRow(tr("Pictures"), countText(info->items));
    if (!info->labels.empty()) addRow(tr("Classes"), countText(std::int64_t(info->labels.size())));
    addRow(tr("Folder"), pathText(info->source));
    addRow(tr("Kept in"), pathText(info->folder));
    addRow(tr("Model"), QString::fromStdString(terms.model), QString::fromStdString(terms.fingerprint));
    addRow(tr("Features"), featureText(terms));
    addRow(tr("Seen at"), inputText(terms));
    addRow(tr("Stored as"), storageText(terms));
    if (info->damaged > 0) addRow(tr("Damaged"), countText(info->damaged));
    if (info->approximate) addRow(tr("Search"), tr("approximate index"));
}

}  // namespace dinoscope
