#pragma once

#include <QWidget>
#include <functional>

#include "engine/api/core.h"

class QLabel;
class QToolButton;

namespace dinoscope {

class Dialogs;

/// One option as its record describes it: label, an editor of its type with the unit, help, and what is wrong
/// with it. It knows what it is reset to and marks what differs from that.
class OptionField : public QWidget {
    Q_OBJECT

public:
    /// The record outlives the field. Editor and reset button are called "option-KEY" and "reset-KEY".
    OptionField(const OptionSpec& spec, Dialogs& dialogs, QWidget* parent = nullptr);

    const OptionSpec& spec() const { return spec_; }
    /// Shows a value, and whether it differs; `base` is what reset() goes to. Nothing is told.
    void setValue(const OptionValue& value, const OptionValue& base, bool differs);
    /// What was typed stays, as it is no value: reset() leads from it to `base`.
    void keepText(const OptionValue& base);
    /// A sentence below the editor; empty for none.
    void setProblem(const QString& sentence);
    bool hasProblem() const;
    /// What is allowed, below the help: else it is in the tool tip alone.
    void setRangeShown(bool shown);
    /// A frame around it until it is edited or shown anew.
    void setHighlighted(bool highlighted);
    /// Whether label, key, aliases or help hold all words, with dashes or underscores.
    bool matches(const QStringList& words) const;
    void focusEditor();

Q_SIGNALS:
    void edited(const OptionValue& value);
    /// What was typed is no value of the option.
    void refused(const QString& sentence);
    void resetRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QWidget* makeEditor(Dialogs& dialogs);
    QWidget* makeFlag();
    QWidget* makeInteger();
    QWidget* makeChoice();
    QWidget* makeText();
    QWidget* makePath(Dialogs& dialogs);
    QWidget* makePaths(Dialogs& dialogs);
    void take(const QString& text);
    void tell(const OptionValue& value);
    void mark(const OptionValue& base, bool differs);

    const OptionSpec& spec_;
    QWidget* editor_ = nullptr;
    std::function<void(const OptionValue&)> show_;  ///< in the editor
    QLabel* label_;
    QLabel* problem_;
    QLabel* range_;
    QToolButton* reset_;
    bool highlighted_ = false;
};

}  // namespace dinoscope
