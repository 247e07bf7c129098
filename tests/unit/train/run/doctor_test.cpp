#include "engine/train/run/doctor.h"

#include <QDir>
#include <QtTest>
#include <cmath>
#include <numbers>
#include <random>

#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_record.h"
#include "engine/train/run/train_options.h"
#include "run_test_tools.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kStepsPerEpoch = 60;
constexpr std::int64_t kEpochs = 10;
constexpr std::int64_t kSteps = kStepsPerEpoch * kEpochs;
const double kLnK = std::log(4096.0);

/// A run by formulas: what it was started with, and its course over the share of the run that is done.
struct Course {
    const char* name = "";
    std::vector<std::pair<std::string, std::string>> options{};
    std::function<double(double)> entropy = [](double t) {
        return kLnK * (1 - 0.5 * (1 - std::exp(-5 * t)));
    };
    std::function<double(double)> kl = [](double t) { return 0.02 + 3 * t * std::exp(-4 * t); };
    std::function<double(double)> teacherTemp = [](double) { return 0.04; };
    double dataWait = 0.01;
    double gradientNorm = 1.5;
};

struct Run {
    OptionValues options{trainOptions()};
    std::vector<StepMetrics> steps;
};

Run play(const Course& course) {
    Run run;
    run.options.set("out-dim", std::string_view("4096"));
    run.options.set("epochs", std::string_view("10"));
    run.options.set("warmup-epochs", std::string_view("1"));
    run.options.set("momentum-teacher", std::string_view("0.98"));
    for (const auto& [key, text] : course.options)
        run.options.set(key, std::string_view(text));
    const double momentum =
        run.options.text("teacher-update") == "copy" ? 0 : run.options.real("momentum-teacher");
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 1);
    for (std::int64_t i = 0; i < kSteps; ++i) {
        const double t = double(i) / double(kSteps);
        StepMetrics step{.step = i, .epoch = i / kStepsPerEpoch};
        step.teacherEntropy = std::clamp(course.entropy(t) + 0.002 * noise(random), 0.0, kLnK);
        step.kl = std::max(0.0, course.kl(t) * (1 + 0.05 * noise(random)));
        step.loss = step.teacherEntropy + step.kl;
        step.lossBelowLnK = kLnK - step.loss;
        step.teacherTemp = course.teacherTemp(t);
        step.momentum = 1 - (1 - momentum) * (std::cos(std::numbers::pi * t) + 1) / 2;
        step.gradientNorm = course.gradientNorm;
        step.dataWait = course.dataWait * (1 + 0.1 * noise(random));
        step.imagesPerSecond = 50;
        run.steps.push_back(step);
    }
    return run;
}

double flat(double) {
    return 0.002;
}

/// At ln K for a while, then below it.
double lateStart(double t) {
    return t < 0.2 ? kLnK * 0.9995 : kLnK * (1 - 0.6 * (1 - std::exp(-6 * (t - 0.2))));
}

const std::vector<Course>& healthyCourses() {
    static const std::vector<Course> courses{
        {.name = "healthy: falls from the start"},
        {.name = "healthy: at ln K through two epochs of warm-up",
         .options = {{"warmup-epochs", "2"}},
         .entropy = lateStart,
         .kl = [](double t) { return t < 0.2 ? 0.001 : 0.5; }},
        {.name = "healthy: the loss rises with the teacher's temperature",
         .options = {{"teacher-temp", "0.07"}, {"warmup-teacher-temp-epochs", "5"}},
         .entropy =
             [](double t) {
                 return kLnK * (0.99 - 0.6 * std::min(t * 4, 1.0) + 0.2 * std::max(0.0, t - 0.3));
             },
         .teacherTemp = [](double t) { return 0.04 + 0.03 * std::min(1.0, 2 * t); }},
        {.name = "healthy: a high learning rate that works", .options = {{"lr", "0.004"}}},
        {.name = "healthy: a slow teacher over good weights",
         .options = {{"momentum-teacher", "0.9999"}, {"init", "w.pth"}}},
        {.name = "healthy: the teacher of the last epoch",
         .options = {{"teacher-update", "previous-epoch"}, {"momentum-teacher", "0"}}}};
    return courses;
}

const std::vector<std::pair<const char*, Course>>& illCourses() {
    const auto alike = [](double) { return kLnK * 0.9995; };
    static const std::vector<std::pair<const char*, Course>> courses{
        {"uniform-collapse",
         {.name = "no sharpening",
          .options = {{"sharpening", "false"}},
          .entropy = alike,
          .kl = flat,
          .teacherTemp = [](double) { return 0.1; }}},
        {"uniform-collapse",
         {.name = "fell back to ln K",
          .entropy =
              [](double t) {
                  return kLnK * (t < 0.5 ? 1 - 0.4 * std::sin(2 * std::numbers::pi * t) : 0.9999);
              },
          .kl = [](double t) { return t < 0.5 ? 0.4 : 0.001; }}},
        {"one-dimension-collapse",
         {.name = "no centring",
          .options = {{"centring", "false"}},
          .entropy = [](double t) { return kLnK * std::exp(-20 * t); },
          .kl = flat}},
        {"one-dimension-collapse",
         {.name = "a centre that hardly moves",
          .options = {{"centre-momentum", "0.9999"}},
          .entropy = [](double t) { return kLnK * std::exp(-20 * t); },
          .kl = flat}},
        {"stuck", {.name = "nothing learnt", .entropy = alike, .kl = flat}},
        {"stuck",
         {.name = "hardly any learning rate", .options = {{"lr", "1e-7"}}, .entropy = alike, .kl = flat}},
        {"teacher-temp-too-high",
         {.name = "a vague teacher",
          .options = {{"teacher-temp", "0.09"}},
          .entropy = [](double t) { return kLnK * (0.99 - 0.03 * t); },
          .kl = [](double) { return 0.1; },
          .teacherTemp = [](double) { return 0.09; }}},
        {"momentum-too-low", {.name = "a copy", .options = {{"teacher-update", "copy"}}}},
        {"momentum-too-low", {.name = "a teacher that forgets", .options = {{"momentum-teacher", "0.5"}}}},
        {"momentum-too-high",
         {.name = "a teacher that stands still", .options = {{"momentum-teacher", "0.9999"}}}},
        {"batch-too-small",
         {.name = "large steps of few images",
          .options = {{"lr", "0.02"}, {"batch-size-per-gpu", "2"}},
          .entropy = [](double) { return 0.7 * kLnK; },
          .kl = [](double t) { return 1 + 0.3 * std::sin(100 * t); }}},
        {"data-bound", {.name = "a slow disk", .dataWait = 0.4}},
        {"data-bound", {.name = "one loader thread", .options = {{"num-workers", "1"}}, .dataWait = 0.4}},
        {"diverging",
         {.name = "above ln K and rising",
          .options = {{"lr", "0.1"}},
          .entropy = [](double) { return 0.6 * kLnK; },
          .kl = [](double t) { return kLnK * (0.3 + 2 * t); }}},
        {"diverging", {.name = "no numbers", .gradientNorm = std::nan("")}}};
    return courses;
}

QStringList idsOf(const std::vector<Diagnosis>& found) {
    QStringList ids;
    for (const Diagnosis& one : found)
        ids << QString::fromStdString(one.id);
    return ids;
}

/// tests/golden/doctor/: "<diagnosis or healthy>-<words>.jsonl", metrics that a real run wrote, with its
/// run.toml beside it as "….toml" and its command as "….txt".
QStringList recordedRuns() {
    return QDir(GOLDEN_DIR "/doctor").entryList({"*.jsonl"}, QDir::Files, QDir::Name);
}

}  // namespace

class DoctorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aHealthyRunGetsNoneAtAnyOfItsSteps_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < healthyCourses().size(); ++i)
            QTest::newRow(healthyCourses()[i].name) << int(i);
    }

    void aHealthyRunGetsNoneAtAnyOfItsSteps() {
        QFETCH(const int, index);
        const Run run = play(healthyCourses()[std::size_t(index)]);
        for (std::size_t length = 0; length <= run.steps.size(); ++length) {
            const auto found = diagnose(std::span(run.steps).first(length), run.options);
            QVERIFY2(found.empty(),
                     found.empty() ? "" : (std::to_string(length) + ": " + found[0].advice()).c_str());
        }
    }

    void anIllRunGetsItsDiagnosisAndARemedyThatIsAnOption_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < illCourses().size(); ++i)
            QTest::addRow("%s: %s", illCourses()[i].first, illCourses()[i].second.name) << int(i);
    }

    void anIllRunGetsItsDiagnosisAndARemedyThatIsAnOption() {
        QFETCH(const int, index);
        const auto& [id, course] = illCourses()[std::size_t(index)];
        Run run = play(course);
        const auto found = diagnose(run.steps, run.options);
        QCOMPARE(idsOf(found), QStringList(id));
        for (const Diagnosis& one : found) {
            QVERIFY(!one.sentence.ends_with('.'));
            QVERIFY2(one.value.size() <= 8, one.value.c_str());  // what a person would type
            const OptionValue before = run.options.value(one.option);
            run.options.set(one.option, std::string_view(one.value));  // throws for what is no value
            QVERIFY2(run.options.value(one.option) != before, one.advice().c_str());
            VERIFY_SAYS(one.advice(), "; try --" + one.option + " " + one.value);
        }
    }

    void nothingIsSaidOfTheFirstFiftySteps() {
        for (const auto& [id, course] : illCourses()) {
            if (std::isnan(course.gradientNorm)) continue;
            const Run run = play(course);
            QVERIFY2(diagnose(std::span(run.steps).first(49), run.options).empty(), course.name);
        }
    }

    void numbersThatAreNoneAreToldAtOnceWithTheirStep() {
        Run run = play(healthyCourses().front());
        run.steps[3].loss = std::numeric_limits<double>::infinity();
        const auto found = diagnose(std::span(run.steps).first(4), run.options);
        QCOMPARE(idsOf(found), QStringList("diverging"));
        QCOMPARE(found[0].step, std::int64_t(3));
        VERIFY_SAYS(found[0].sentence, "step 3 has no finite numbers (loss inf");
    }

    void severalIllsAreToldTheWorstFirst() {
        Course course = illCourses()[2].second;  // no centring
        course.dataWait = 0.5;
        course.options.emplace_back("momentum-teacher", "0.3");
        const Run run = play(course);
        QCOMPARE(idsOf(diagnose(run.steps, run.options)),
                 QStringList({"one-dimension-collapse", "momentum-too-low", "data-bound"}));
    }

    void aVagueTeacherIsBothUniformAndTooWarm() {
        Course course = illCourses()[6].second;
        course.entropy = [](double) { return kLnK * 0.9999; };
        course.kl = flat;
        course.teacherTemp = [](double) { return 0.12; };
        const Run run = play(course);
        QCOMPARE(idsOf(diagnose(run.steps, run.options)),
                 QStringList({"uniform-collapse", "teacher-temp-too-high"}));
    }

    void theSupervisedBaselineIsNotMeasuredByDinosRules() {
        Course course = illCourses()[2].second;
        course.options = {{"objective", "supervised"}};
        const Run run = play(course);
        QVERIFY(diagnose(run.steps, run.options).empty());
    }

    /// Its ln K is that of the classes.
    void theSupervisedBaselineDivergesAboveItsOwnLnK() {
        Course course = healthyCourses().front();
        course.options = {{"objective", "supervised"}};
        Run run = play(course);
        const double lnClasses = std::log(10.0);
        for (StepMetrics& step : run.steps) {
            const double t = double(step.step) / double(kSteps);
            step.loss = step.kl = lnClasses * (0.9 + 0.6 * t);
            step.lossBelowLnK = lnClasses - step.loss;
        }
        QCOMPARE(idsOf(diagnose(run.steps, run.options)), QStringList("diverging"));
        for (StepMetrics& step : run.steps)
            step.lossBelowLnK = -step.loss;  // no ln K comes of that
        QCOMPARE(idsOf(diagnose(run.steps, run.options)), QStringList("diverging"));
    }

    /// The squared distance is small from the start, and its teacher has no entropy.
    void theSquaredDistanceIsNoCollapse() {
        Course course = healthyCourses().front();
        course.options = {{"loss", "mse"}};
        Run run = play(course);
        for (StepMetrics& step : run.steps) {
            step.teacherEntropy = 0;
            step.loss = step.kl = 0.3 * std::exp(-0.002 * double(step.step));
            step.lossBelowLnK = kLnK - step.loss;
        }
        for (std::size_t length = 0; length <= run.steps.size(); length += 25) {
            const auto found = diagnose(std::span(run.steps).first(length), run.options);
            QVERIFY2(found.empty(), found.empty() ? "" : found[0].advice().c_str());
        }
    }

    void aMillionStepsAreLookedThroughQuickly() {
        Run run = play(healthyCourses().front());
        run.options.set("epochs", std::string_view("20000"));
        while (run.steps.size() < 1'000'000) {
            StepMetrics step = run.steps[run.steps.size() - 60];
            step.step = std::int64_t(run.steps.size());
            step.epoch = step.step / kStepsPerEpoch;
            run.steps.push_back(step);
        }
        QElapsedTimer timer;
        timer.start();
        QVERIFY(diagnose(run.steps, run.options).empty());
        qInfo() << "a million steps:" << timer.elapsed() << "ms";
    }

    void metricsOfRealRunsGetTheirDiagnosis_data() {
        QTest::addColumn<QString>("file");
        for (const QString& file : recordedRuns())
            QTest::newRow(file.toUtf8().constData()) << file;
        if (recordedRuns().isEmpty()) QTest::newRow("none") << QString();
    }

    void metricsOfRealRunsGetTheirDiagnosis() {
        QFETCH(const QString, file);
        if (file.isEmpty()) QSKIP("no run is recorded in tests/golden/doctor");
        const std::filesystem::path metrics =
            std::filesystem::path(GOLDEN_DIR) / "doctor" / file.toStdString();
        const RunRecord record = readRunRecord(std::filesystem::path(metrics).replace_extension(".toml"));
        QVERIFY(std::filesystem::exists(std::filesystem::path(metrics).replace_extension(".txt")));
        const Metrics read = readMetrics(metrics);
        QVERIFY(read.steps.size() >= 50);
        if (!file.startsWith("healthy-")) {
            const QStringList found = idsOf(diagnose(read.steps, record.options));
            QVERIFY2(std::any_of(found.begin(), found.end(),
                                 [&](const QString& id) { return file.startsWith(id + '-'); }),
                     qPrintable("found: " + found.join(", ")));
            return;
        }
        for (std::size_t length = 0; length <= read.steps.size(); ++length) {
            const auto found = diagnose(std::span(read.steps).first(length), record.options);
            QVERIFY2(found.empty(),
                     found.empty() ? "" : (std::to_string(length) + ": " + found[0].advice()).c_str());
        }
    }
};

QTEST_APPLESS_MAIN(DoctorTest)
#include "doctor_test.moc"
