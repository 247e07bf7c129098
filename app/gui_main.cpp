#include <QApplication>
#include <QSettings>
#include <QTemporaryDir>
#include <algorithm>
#include <clocale>
#include <cstdio>
#include <iostream>
#include <optional>
#include <vector>

#include "app/cli_options.h"
#include "app/standard_streams.h"
#include "engine/api/core.h"
#include "engine/api/model.h"
#include "engine/api/runtime.h"
#include "ui/bridge/paths.h"
#include "ui/compare/compare_workspace.h"
#include "ui/desktop.h"
#include "ui/explore/explore_workspace.h"
#include "ui/input_kind.h"
#include "ui/main_window.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/screenshot.h"

namespace {

using namespace dinoscope;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr QSize kScreenshotSize(1280, 800);  // whatever the screen

/// The options that only the window has.
const OptionSchema& windowOptions() {
    static const OptionSchema schema{
        {.key = "workspace",
         .type = OptionType::Choice,
         .defaultValue = std::string("explore"),
         .choices = {"explore", "train", "neighbours", "compare"},
         .help = "what to open",
         .defaultText = "that of what is given, or as last time"},
        {.key = "screenshot",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .help = "write a picture of the window as PNG once it has settled, and exit"},
        {.key = "window",
         .type = OptionType::Text,
         .defaultValue = std::string(),
         .unit = "px",
         .help = "size of the window, as 1366x768"},
        {.key = "theme",
         .type = OptionType::Choice,
         .defaultValue = std::string("system"),
         .choices = {"system", "dark", "light"},
         .help = "colours of the window, for this time",
         .defaultText = "as the menu has it"},
    };
    return schema;
}

const OptionSchema& allOptions() {
    static const OptionSchema schema(OptionSchema(windowOptions(), api::modelOptions()),
                                     api::commonOptions());
    return schema;
}

struct Arguments {
    std::vector<std::string> paths;
    OptionValues options{allOptions()};
    std::optional<QSize> window;
};

QSize parseWindow(const std::string& text) {
    int width = 0;
    int height = 0;
    char rest = 0;
    const bool read = std::sscanf(text.c_str(), "%dx%d%c", &width, &height, &rest) == 2;
    if (!read || width < 320 || height < 240 || width > 16384 || height > 16384) {
        throw UsageError("'" + text + "' is not a size of a window", "--window", "give one as 1366x768");
    }
    return {width, height};
}

/// Returns false if help or the version was asked for and printed.
bool parse(int count, char** values, Arguments& arguments) {
    CLI::App parser("Look inside self-supervised Vision Transformers", "dinoscope");
    parser.set_version_flag("--version", "dinoscope " DINOSCOPE_VERSION);
    parser.add_option("inputs", arguments.paths, "pictures, folders of pictures, galleries, runs, weights")
        ->type_name("PATH");
    app::bindOptions(parser, allOptions(), arguments.options);
    if (!app::parseArguments(parser, {values + 1, values + count})) return false;
    if (!arguments.options.text("window").empty()) {
        arguments.window = parseWindow(arguments.options.text("window"));
    }
    return true;
}

OptionValues commonOf(const OptionValues& all) {
    OptionValues common(api::commonOptions());
    for (const OptionSpec& spec : api::commonOptions().specs()) {
        if (all.isSet(spec.key)) common.set(spec.key, all.value(spec.key));
    }
    return common;
}

/// Threads of the window, in the order in which they may end.
struct Threads {
    explicit Threads(int threads)
        : engine(api::makeEngineRunner(threads)),
          live([] { api::prepareThread(1); }),
          files([threads] { api::prepareThread(threads); }) {}

    std::unique_ptr<JobRunner> engine;
    ThreadRunner live;
    ThreadRunner files;
};

bool isToLookAt(const QString& input) {
    const InputKind kind = inputKind(input);
    return kind == InputKind::Picture || kind == InputKind::Folder;
}

/// -w, then weights among the inputs. The model's other options hold for all.
std::vector<api::ModelSource> namedModels(const Arguments& arguments, const api::ModelSource& byOptions) {
    std::vector<api::ModelSource> named;
    if (arguments.options.isSet("weights")) named.push_back(byOptions);
    for (const std::string& path : arguments.paths) {
        if (inputKind(pathText(path)) != InputKind::Weights) continue;
        named.push_back(byOptions);
        named.back().weights = path;
    }
    return named;
}

/// Weights among the inputs win over the default, and -w over both; Compare takes them all.
void openInputs(MainWindow& window, const Arguments& arguments) {
    const api::ModelSource byOptions =
        api::modelSource(arguments.options, std::uint64_t(arguments.options.integer("seed")));
    const std::vector<api::ModelSource> named = namedModels(arguments, byOptions);
    const bool byOption = arguments.options.isSet("weights") || named.empty();
    const api::ModelSource source = byOption ? byOptions : named.back();
    QStringList pictures;
    for (const std::string& path : arguments.paths) {
        if (inputKind(pathText(path)) != InputKind::Weights) pictures << pathText(path);
    }
    if (arguments.options.isSet("workspace")) {
        window.setWorkspace(QString::fromStdString(arguments.options.text("workspace")));
    } else if (std::ranges::any_of(pictures, isToLookAt)) {
        // Whoever opens pictures with this program wants to see them, whatever was done last.
        window.leaveTrain();
    }
    const bool comparing = &window.workspace() == &window.compare();
    // A single one is compared with the default, unless -w puts it in that one's place.
    if (comparing && !byOption) window.compare().offerModel(byOptions);
    window.openModel(source);
    if (comparing && (named.size() > 1 || !byOption)) window.openModels(named);
    window.neighbours().setOfferedModel(source);
    // Whoever names weights means them; else a gallery's own are used.
    if (!named.empty()) window.neighbours().session().setModel(source);
    window.openPaths(pictures);
    if (arguments.options.isSet("workspace")) {
        window.setWorkspace(QString::fromStdString(arguments.options.text("workspace")));
    }
    window.setSamples(samplePictures());
}

int run(Arguments& arguments, int count, char** values) {
    QApplication application(count, values);
    // It takes the user's locale over, in which C writes 0,93; files and options have points.
    std::setlocale(LC_NUMERIC, "C");
    QApplication::setApplicationName(QStringLiteral("dinoscope"));
    QApplication::setApplicationVersion(QStringLiteral(DINOSCOPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("dinoscope"));

    const std::string& picture = arguments.options.text("screenshot");
    // A screenshot shows what its options say, not what was done before; and leaves no trace.
    const QTemporaryDir temporary;
    std::optional<QSettings> settings;
    if (picture.empty()) {
        settings.emplace(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("dinoscope"),
                         QStringLiteral("dinoscope"));
    } else {
        settings.emplace(temporary.filePath(QStringLiteral("dinoscope.ini")), QSettings::IniFormat);
    }
    DesktopDialogs dialogs;
    DBusDesktop desktop;
    Threads threads(int(arguments.options.integer("threads")));
    MainWindow window({{*threads.engine, threads.live, threads.files},
                       commonOf(arguments.options),
                       dialogs,
                       desktop,
                       *settings});
    if (arguments.options.isSet("theme")) {
        window.setTheme(*themeFromName(QString::fromStdString(arguments.options.text("theme"))));
    }
    if (!picture.empty()) window.resize(kScreenshotSize);
    if (arguments.window) window.resize(*arguments.window);
    window.explore().session().setNeverAsk(!picture.empty());
    window.neighbours().session().setNeverAsk(!picture.empty());
    window.compare().session().setNeverAsk(!picture.empty());
    window.show();
    openInputs(window, arguments);

    int status = 0;
    std::optional<Screenshot> screenshot;
    if (!picture.empty()) {
        screenshot.emplace(window, picture);
        QObject::connect(&*screenshot, &Screenshot::finished, &application,
                         [&status](const QString& sentence) {
                             if (!sentence.isEmpty()) {
                                 std::cerr << "dinoscope: " << filePath(sentence).string() << '\n';
                                 status = kFailed;
                             }
                             QApplication::exit(status);
                         });
    }
    return QApplication::exec();
}

}  // namespace

int main(int count, char** values) {
    app::fillClosedStreams();
    log::start(log::defaultFile(), log::Level::Error);
    Arguments arguments;
    try {
        if (!parse(count, values, arguments)) return 0;
        int one = 1;
        return run(arguments, one, values);
    } catch (const UsageError& error) {
        std::cerr << "dinoscope: " << error.what() << '\n';
        return kWrongUsage;
    } catch (...) {
        std::cerr << "dinoscope: " << currentError().what() << '\n';
        return kFailed;
    }
}
