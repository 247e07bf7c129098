#include "ui/theme.h"

#include <QApplication>
#include <QFile>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>

// Resources of a static library are only there once asked for; the macro must stand outside of any namespace.
static void initialiseResources() {
    Q_INIT_RESOURCE(dinoscope);
}

namespace dinoscope {

namespace {

/// What a theme is made of. Names are those of theme.qss.
struct Tokens {
    QColor ground;  ///< under pictures
    QColor window;  ///< bars
    QColor panel;   ///< the side panel, menus
    QColor raised;  ///< buttons and fields
    QColor hover;   ///< what the mouse is over
    QColor pressed;
    QColor border;
    QColor text;
    QColor muted;  ///< secondary text, at least 4.5:1 on panel
    QColor disabled;
    QColor accent;
    QColor accentText;  ///< on the accent
    QColor infoGround;
    QColor infoText;
    QColor warnGround;
    QColor warnText;
    QColor errorGround;
    QColor errorText;
};

const Tokens& tokens(bool dark) {
    static const Tokens kDark{"#15171b", "#1c1f24", "#22262c", "#2d323a", "#383e48", "#434a55",
                              "#3a404a", "#e6e9ee", "#a3abb8", "#6b7380", "#78aef5", "#0e1622",
                              "#22303f", "#b9d6fb", "#372e1c", "#f0cf8e", "#3d2424", "#ffb9b3"};
    static const Tokens kLight{"#e3e6eb", "#f1f3f6", "#fafbfc", "#ffffff", "#eceff4", "#dfe4eb",
                               "#ccd2db", "#1d232c", "#586273", "#99a1ad", "#2866c4", "#ffffff",
                               "#e2edfc", "#1d4580", "#fdf1d3", "#69490a", "#fde4e1", "#8c1d18"};
    return dark ? kDark : kLight;
}

bool darkInForce = false;

QString styleSheet(bool dark) {
    QFile file(QStringLiteral(":/style/theme.qss"));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const Tokens& t = tokens(dark);
    const std::pair<const char*, QColor> colours[] = {{"ground", t.ground},
                                                      {"window", t.window},
                                                      {"panel", t.panel},
                                                      {"raised", t.raised},
                                                      {"hover", t.hover},
                                                      {"pressed", t.pressed},
                                                      {"border", t.border},
                                                      {"text", t.text},
                                                      {"muted", t.muted},
                                                      {"disabled", t.disabled},
                                                      {"accent", t.accent},
                                                      {"accent-text", t.accentText},
                                                      {"info-ground", t.infoGround},
                                                      {"info-text", t.infoText},
                                                      {"warn-ground", t.warnGround},
                                                      {"warn-text", t.warnText},
                                                      {"error-ground", t.errorGround},
                                                      {"error-text", t.errorText}};
    for (const auto& [name, colour] : colours) {
        sheet.replace(QStringLiteral("@%1;").arg(QLatin1String(name)), colour.name() + QLatin1Char(';'));
    }
    return sheet.replace(QStringLiteral("@theme"), dark ? QStringLiteral("dark") : QStringLiteral("light"));
}

}  // namespace

std::optional<ThemeChoice> themeFromName(const QString& name) {
    for (const ThemeChoice theme : {ThemeChoice::System, ThemeChoice::Dark, ThemeChoice::Light}) {
        if (name == themeName(theme)) return theme;
    }
    return std::nullopt;
}

QString themeName(ThemeChoice theme) {
    switch (theme) {
        case ThemeChoice::Dark:
            return QStringLiteral("dark");
        case ThemeChoice::Light:
            return QStringLiteral("light");
        case ThemeChoice::System:
            break;
    }
    return QStringLiteral("system");
}

QPalette themePalette(bool dark) {
    const Tokens& t = tokens(dark);
    QPalette palette;
    palette.setColor(QPalette::Window, t.window);
    palette.setColor(QPalette::WindowText, t.text);
    palette.setColor(QPalette::Base, t.raised);
    palette.setColor(QPalette::AlternateBase, t.panel);
    palette.setColor(QPalette::Text, t.text);
    palette.setColor(QPalette::PlaceholderText, t.muted);
    palette.setColor(QPalette::Button, t.raised);
    palette.setColor(QPalette::ButtonText, t.text);
    palette.setColor(QPalette::BrightText, t.errorText);
    palette.setColor(QPalette::ToolTipBase, t.raised);
    palette.setColor(QPalette::ToolTipText, t.text);
    palette.setColor(QPalette::Highlight, t.accent);
    palette.setColor(QPalette::HighlightedText, t.accentText);
    palette.setColor(QPalette::Link, t.accent);
    palette.setColor(QPalette::LinkVisited, t.accent);
    palette.setColor(QPalette::Light, t.hover);
    palette.setColor(QPalette::Midlight, t.hover);
    palette.setColor(QPalette::Mid, t.border);
    palette.setColor(QPalette::Dark, t.ground);
    palette.setColor(QPalette::Shadow, QColor(0, 0, 0));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, t.disabled);
    }
    return palette;
}

void applyTheme(QApplication& application, ThemeChoice theme) {
    static const bool kDesktopIsDark = [] {
        initialiseResources();
        const QPalette palette = QApplication::palette();
        return palette.color(QPalette::WindowText).lightness() > palette.color(QPalette::Window).lightness();
    }();
    darkInForce = theme == ThemeChoice::System ? kDesktopIsDark : theme == ThemeChoice::Dark;
    if (QApplication::style()->name() != QLatin1String("fusion")) {
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    }
    // Without a sheet a palette reaches all widgets at once; under one each of them is styled again for it.
    application.setStyleSheet({});
    QApplication::setPalette(themePalette(darkInForce));
    application.setStyleSheet(styleSheet(darkInForce));
}

bool isDarkTheme() {
    return darkInForce;
}

}  // namespace dinoscope
