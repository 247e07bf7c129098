#include "ui/explore/model_menu.h"

#include <QDir>
#include <QFileInfo>
#include <QMap>
#include <QToolButton>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/recent.h"
#include "ui/theme.h"

namespace dinoscope {

ModelMenu::ModelMenu(QAction* open, const Recent& recent, QWidget* parent)
    : QMenu(parent), open_(open), recent_(recent) {
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &ModelMenu::fill);
}

void ModelMenu::choose(const std::string& weights) {
    api::ModelSource source;
    source.weights = weights;
    Q_EMIT chosen(source);
}

void ModelMenu::fill() {
    clear();
    addAction(open_);
    QAction* bundled = addAction(tr("&Bundled model"));
    bundled->setObjectName(QStringLiteral("bundledModel"));
    bundled->setToolTip(tr("The trained model that comes with the program"));
    connect(bundled, &QAction::triggered, this, [this] { choose(api::kBundled); });
    addUntrained();
    if (!liveRun_.isEmpty()) addLive();
    addRecent();
}

void ModelMenu::addUntrained() {
    QMenu* menu = addMenu(tr("&Untrained"));
    const std::pair<const char*, const char*> sizes[] = {
        {"vit_tiny", "ViT-Ti"}, {"vit_small", "ViT-S"}, {"vit_base", "ViT-B"}, {"vit_large", "ViT-L"}};
    for (const auto& [architecture, title] : sizes) {
        for (const int patch : {16, 8}) {
            QAction* action = menu->addAction(QStringLiteral("%1/%2").arg(QLatin1String(title)).arg(patch));
            api::ModelSource source;
            source.arch = architecture;
            source.patchSize = patch;
            source.seed = seed_;
            connect(action, &QAction::triggered, this, [this, source] { Q_EMIT chosen(source); });
        }
    }
}

void ModelMenu::addLive() {
    QAction* live = addAction(QLatin1Char('&') + withoutMnemonic(liveTeacherText(liveRun_)));
    live->setObjectName(QStringLiteral("liveTeacher"));
    live->setToolTip(tr("As it is at this moment; choose it again to renew it"));
    connect(live, &QAction::triggered, this, [this] { choose(filePath(liveRun_).string()); });
}

void ModelMenu::addRecent() {
    const QStringList recent = recent_.paths();
    if (recent.isEmpty()) return;
    addSeparator();
    QMap<QString, int> named;
    const auto nameOf = [](const QString& file) {
        return QString::fromStdString(api::shownWeights(filePath(file).string()));
    };
    for (const QString& file : recent)
        ++named[nameOf(file)];
    for (const QString& file : recent) {
        QString name = nameOf(file);
        QDir above = QFileInfo(file).dir();
        if (name.contains(QLatin1Char('/'))) above.cdUp();  // the name has the folder already
        if (named[name] > 1) name += tr(" in %1").arg(above.dirName());
        QAction* action = addAction(withoutMnemonic(name));
        action->setToolTip(file);
        connect(action, &QAction::triggered, this, [this, file] { choose(filePath(file).string()); });
    }
}

QToolButton* makeModelButton(const QString& name) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setProperty("look", "button");
    button->setProperty("menu", true);
    button->setText(ModelMenu::tr("Model"));
    button->setIcon(themeIcon(QStringLiteral("model")));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setToolTip(ModelMenu::tr("Choose the model"));
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

void setModelTitle(QToolButton& button, const QString& title) {
    button.setText(QLatin1Char(' ') + withoutMnemonic(title));
}

}  // namespace dinoscope
