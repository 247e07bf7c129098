#pragma once

#include <QPushButton>

namespace dinoscope {

/// Offers the teacher of the run that this window trains as a model. Not there while none is trained.
class LiveTeacherButton : public QPushButton {
    Q_OBJECT

public:
    explicit LiveTeacherButton(const QString& name, QWidget* parent = nullptr);

    /// Its folder; empty for none.
    void setRun(const QString& run);
    /// Whether these weights are that run's, which stands for its teacher.
    bool isNamedBy(const QString& weights) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void chosen(const QString& run);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showText(int room);

    QString run_;
    QSize hint_;
    int padding_ = 0;  ///< px beside the text
};

}  // namespace dinoscope
