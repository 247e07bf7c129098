#pragma once

#include <QHash>
#include <QWidget>

class QGridLayout;

namespace dinoscope {

class PresetCard;
class RunSetup;

/// A card a preset: what it is for, what it needs, and what that means on this machine.
class PresetSection : public QWidget {
    Q_OBJECT

public:
    explicit PresetSection(RunSetup& setup, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();
    void refresh();

    RunSetup& setup_;
    QList<PresetCard*> cards_;
    QGridLayout* grid_;
    int columns_ = 0;
};

}  // namespace dinoscope
