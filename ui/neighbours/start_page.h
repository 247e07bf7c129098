#pragma once

#include <QWidget>

class QAction;
class QVBoxLayout;

namespace dinoscope {

/// What is seen while no gallery is open: what one is, how to get one, and those used last.
class StartPage : public QWidget {
    Q_OBJECT

public:
    StartPage(QAction* build, QAction* open, QWidget* parent = nullptr);

    void setRecent(const QStringList& galleries);

Q_SIGNALS:
    void galleryChosen(const QString& folder);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* icon_;
    QWidget* recent_;
    QVBoxLayout* rows_;
};

}  // namespace dinoscope
