#pragma once

#include <QWidget>

namespace dinoscope {

/// What says that a drop will be taken: a dashed frame over the whole of its parent.
class DropFrame : public QWidget {
    Q_OBJECT

public:
    explicit DropFrame(QWidget* parent);

    void setShown(bool shown);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace dinoscope
