#pragma once

#include <QHash>
#include <QWidget>
#include <functional>
#include <vector>

#include "engine/api/core.h"

class QLabel;
class QLineEdit;
class QToolButton;

namespace dinoscope {

class Dialogs;
class OptionField;
class Section;
class SidePanel;

/// A form made of the records of a schema: fields in groups that fold, a search, basic and expert. It shows
/// what it is given, and tells what the person wants.
class OptionForm : public QWidget {
    Q_OBJECT

public:
    /// Keys of one schema under a title.
    struct Group {
        QString title;
        std::vector<std::string> keys;
    };

    /// The schema outlives the form.
    OptionForm(const OptionSchema& schema, const std::vector<Group>& groups, Dialogs& dialogs,
               QWidget* parent = nullptr);

    /// `differs` tells which keys are marked, `keeps` in which fields what was typed stays, as it is no
    /// value.
    void setValues(const OptionValues& values, const OptionValues& base,
                   const std::function<bool(const std::string&)>& differs,
                   const std::function<bool(const std::string&)>& keeps);
    /// At their fields, by key; at the others there is none.
    void setProblems(const QHash<QString, QString>& problems);
    bool isExpert() const;
    void setExpert(bool expert);
    /// Unfolds, scrolls to and frames a field, whatever the search and the level hide.
    void point(const QString& key);

Q_SIGNALS:
    void edited(const QString& key, const OptionValue& value);
    /// What was typed is no value of the option.
    void refused(const QString& key, const QString& sentence);
    void resetRequested(const QString& key);

private:
    void addGroup(const OptionSchema& schema, const Group& group, Dialogs& dialogs);
    void filter();

    QLineEdit* search_;
    QToolButton* expert_;
    SidePanel* panel_;
    QLabel* nothing_;
    QHash<QString, OptionField*> fields_;
    QHash<QString, Section*> sectionOf_;
    QList<Section*> sections_;
    QString pointed_;
};

}  // namespace dinoscope
