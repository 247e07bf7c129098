#pragma once

#include <QDialog>
#include <functional>

#include "engine/api/model.h"

class QComboBox;

namespace dinoscope {

/// Asks for what neither names nor shapes of a file tell: into how many heads its width is split.
class HeadsDialog : public QDialog {
    Q_OBJECT

public:
    explicit HeadsDialog(const UnknownHeads& unknown, QWidget* parent = nullptr);

    int heads() const;

private:
    QComboBox* choice_;
};

/// Shows it and does not wait: one of the two is called.
void askHeads(QWidget* parent, const UnknownHeads& unknown, const std::function<void(int heads)>& chosen,
              const std::function<void()>& declined);

}  // namespace dinoscope
