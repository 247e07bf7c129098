#pragma once

#include <QScrollArea>

namespace dinoscope {

class AppearanceSection;
class InputSection;
class ModelSection;
class QuerySection;

/// The sections at the side, in a column that scrolls.
class ControlPanel : public QScrollArea {
    Q_OBJECT

public:
    explicit ControlPanel(QWidget* parent = nullptr);

    AppearanceSection& appearance() const { return *appearance_; }
    QuerySection& query() const { return *query_; }
    InputSection& input() const { return *input_; }
    ModelSection& model() const { return *model_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void placeHint();

    AppearanceSection* appearance_;
    QuerySection* query_;
    InputSection* input_;
    ModelSection* model_;
    QWidget* hint_;
};

}  // namespace dinoscope
