#include "engine/train/run/run_record.h"

#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "engine/train/run/train_options.h"
#include "run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

OptionValues with(const std::vector<std::pair<std::string, std::string>>& given) {
    OptionValues values(trainOptions());
    for (const auto& [key, text] : given)
        values.set(key, std::string_view(text));
    return values;
}

RunRecord someRecord() {
    return {with({{"lr", "0.001"},
                  {"arch", "vit_tiny"},
                  {"probe", "a \"1\".jpg\nb.jpg"},
                  {"global-crops-scale", "0.3 0.9"},
                  {"centring", "false"},
                  {"data", "im\nages"},
                  {"output", "run"},
                  {"resume", "true"}}),
            {"im\nages", "0123abcd", 5000, 10},
            {"0.1.0", "2.11.0", "cpu", "fp32", "avx2", 2},
            "2026-11-23 12:40"};
}

RunRecord throughAFile(const std::string& text) {
    const QTemporaryDir folder;
    const fs::path file = fs::path(folder.path().toStdString()) / "run.toml";
    writeContent(file, text);
    return readRunRecord(file);
}

std::string failure(const std::string& text) {
    return errorOf([&] { throughAFile(text); });
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == text.npos) return "not found: " + from;
    return text.replace(at, from.size(), to);
}

/// With images that came and went.
ResumePlan resumeAfter(const DatasetChanges& changes,
                       const std::vector<std::pair<std::string, std::string>>& recorded = {}) {
    RunRecord record = someRecord();
    for (const auto& [key, text] : recorded)
        record.options.set(key, std::string_view(text));
    return planResume(record, with({}), record.data, record.terms, 3, changes);
}

ResumePlan resumeWith(const std::vector<std::pair<std::string, std::string>>& given,
                      RunRecord record = someRecord(), std::int64_t epochsDone = 3) {
    return planResume(record, with(given), record.data, record.terms, epochsDone);
}

}  // namespace

class RunRecordTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyOptionIsWrittenAndReadBack() {
        const RunRecord record = someRecord();
        const RunRecord back = throughAFile(formatRunRecord(record));
        QVERIFY(back.data == record.data);
        QVERIFY(back.terms == record.terms);
        QCOMPARE(back.created, record.created);
        int recorded = 0;
        for (const OptionSpec& spec : trainOptions().specs()) {
            if (trainOptionRole(spec.key) == TrainOptionRole::Action) {
                QVERIFY2(back.options.isDefault(spec.key), spec.key.c_str());
                continue;
            }
            QVERIFY2(back.options.isSet(spec.key), spec.key.c_str());
            QCOMPARE(back.options.value(spec.key), record.options.value(spec.key));
            ++recorded;
        }
        QVERIFY(recorded > 50);
    }

    void itNamesNoHost() {
        char host[256] = {};
        QCOMPARE(gethostname(host, sizeof host - 1), 0);
        QVERIFY(formatRunRecord(someRecord()).find(host) == std::string::npos);
    }

    void aNewerFormatIsRefusedByName() {
        std::string text = replaced(formatRunRecord(someRecord()), "format = 1", "format = 2");
        text = replaced(text, "program = \"0.1.0\"", "program = \"7.5.0\"");
        const std::string said = failure(text + "\nfuture = { x = 1 }\n");
        VERIFY_SAYS(said, "this run has format 2, written by Dinoscope 7.5.0; this is ");
        VERIFY_SAYS(said, "use the newer program");
    }

    void damagedRecordsNameTheFileAndTheKey() {
        const std::string good = formatRunRecord(someRecord());
        VERIFY_SAYS(failure(""), "run.toml: it does not say its format");
        VERIFY_SAYS(failure(replaced(good, "[data]", "[dat]")), "[data] has no path");
        VERIFY_SAYS(failure(replaced(good, "[options]", "[opt]")), "there is no table [options]");
        VERIFY_SAYS(failure(replaced(good, "threads = 2", "threads = \"2\"")), "[terms] has no threads");
        VERIFY_SAYS(failure(replaced(good, "lr = 0.001", "lr = -1")), "lr: '-1' is not allowed");
        VERIFY_SAYS(failure(replaced(good, "lr = 0.001", "lrr = 1.0")), "there is no option 'lrr'");
        VERIFY_SAYS(failure(replaced(good, "lr = 0.001", "lr = ")), "line ");
        for (std::size_t length = 0; length < good.size() - 1; length += 17) {
            const std::string said = errorOf([&] {
                const RunRecord cut = throughAFile(good.substr(0, length));
                // A cut between two options leaves a readable file.
                QVERIFY(good.find("[options]") < length);
                Q_UNUSED(cut);
            });
            QVERIFY(length > good.find("[options]") || !said.empty());
        }
    }

    void aResumeWithoutOptionsIsTheSameRun() {
        const ResumePlan plan = resumeWith({});
        QVERIFY(plan.exact);
        QVERIFY(plan.notes.empty());
        QCOMPARE(plan.options.real("lr"), 0.001);
    }

    void whatIsSaidAgainAndTheSameIsNoDifference() {
        QVERIFY(
            resumeWith({{"lr", "1e-3"}, {"arch", "vit_tiny"}, {"resume", "1"}, {"output", "moved"}}).exact);
    }

    void everyDifferingKeyIsListedWithBothValues() {
        const std::string said = errorOf([] {
            resumeWith({{"output", "run"}, {"lr", "0.1"}, {"arch", "vit_small"}, {"seed", "4"}});
        });
        VERIFY_SAYS(said, "run: the run was started with other options: ");
        VERIFY_SAYS(said, "--lr was 0.001 and is 0.1");
        VERIFY_SAYS(said, "--arch was vit_tiny and is vit_small");
        VERIFY_SAYS(said, "--seed was 0 and is 4");
        QVERIFY(said.find("--output") == std::string::npos);
        VERIFY_SAYS(errorOf([] { resumeWith({{"init", "w.pth"}}); }), "--init was nothing and is w.pth");
    }

    void aRefusalListsWhatMayChange() {
        const std::string said = errorOf([] { resumeWith({{"lr", "0.1"}}); });
        const std::string may = said.substr(std::min(said.size(), said.find("these may change: ")));
        int listed = 0;
        for (const OptionSpec& spec : trainOptions().specs()) {
            const TrainOptionRole role = trainOptionRole(spec.key);
            const bool isFree = role == TrainOptionRole::Length || role == TrainOptionRole::Machine ||
                                role == TrainOptionRole::Saving || role == TrainOptionRole::Probes ||
                                role == TrainOptionRole::Data;
            const bool named = (may + ",").find("--" + spec.key + ",") != std::string::npos;
            QVERIFY2(named == isFree, spec.key.c_str());
            listed += named ? 1 : 0;
        }
        QVERIFY(listed > 10);
        RunRecord normed = someRecord();
        normed.options.set("use-bn-in-head", OptionValue(true));
        const std::string fixed = errorOf([&] { resumeWith({{"lr", "0.1"}}, normed); });
        QVERIFY(fixed.find("--micro-batch") == std::string::npos);
    }

    void whatARunGoesOnWithIsItsOwnButForWhatMayChange() {
        const RunRecord record = someRecord();
        const OptionValues options = resumedOptions(
            record, with({{"micro-batch", "8"}, {"activation-checkpointing", "true"}, {"output", "moved"}}));
        QCOMPARE(options.integer("micro-batch"), std::int64_t(8));
        QVERIFY(options.flag("activation-checkpointing"));
        QCOMPARE(options.real("lr"), 0.001);
        VERIFY_SAYS(errorOf([&] {
                        resumedOptions(record, with({{"lr", "0.1"}}));
                    }),
                    "--lr was 0.001 and is 0.1");
    }

    void machineSavingAndProbesMayChange() {
        const ResumePlan plan = resumeWith({{"device", "cpu"},
                                            {"threads", "1"},
                                            {"num-workers", "3"},
                                            {"save-every", "1"},
                                            {"keep-last", "9"},
                                            {"probe", "z.jpg"},
                                            {"knn-every", "0"}});
        QCOMPARE(plan.options.integer("keep-last"), std::int64_t(9));
        QCOMPARE(plan.options.paths("probe"), std::vector<std::string>{"z.jpg"});
        QVERIFY(plan.notes.empty());
    }

    void moreEpochsAreToldAndFewerThanDoneRefused() {
        const ResumePlan plan = resumeWith({{"epochs", "300"}});
        QCOMPARE(plan.options.integer("epochs"), std::int64_t(300));
        QCOMPARE(plan.notes.size(), std::size_t(1));
        VERIFY_SAYS(plan.notes.front(), "300 epochs long now instead of 100");
        QCOMPARE(resumeWith({{"epochs", "50"}}).options.integer("epochs"), std::int64_t(50));
        VERIFY_SAYS(errorOf([] {
                        resumeWith({{"epochs", "20"}}, someRecord(), 21);
                    }),
                    "--epochs: the run has 21 epochs behind it, more than 20; give at least 21");
        VERIFY_SAYS(errorOf([] { resumeWith({{"epochs", "5"}}); }), "--warmup-epochs: '10' is not allowed");
    }

    void otherTermsAreEqualToRounding() {
        const RunRecord record = someRecord();
        ComputeTerms terms = record.terms;
        terms.threads = 8;
        terms.instructionSet = "avx512";
        const ResumePlan plan = planResume(record, with({}), record.data, terms, 0);
        QVERIFY(!plan.exact);
        VERIFY_SAYS(plan.notes.at(0), "equal to rounding");
        VERIFY_SAYS(plan.notes.at(0), "instruction set (avx2, now avx512), threads (2, now 8)");
    }

    void microBatchesChangeRoundingOnly() {
        const ResumePlan plan = resumeWith({{"micro-batch", "4"}});
        QVERIFY(!plan.exact);
        VERIFY_SAYS(plan.notes.at(0), "equal to rounding");
        RunRecord normed = someRecord();
        normed.options.set("use-bn-in-head", OptionValue(true));
        VERIFY_SAYS(errorOf([&] {
                        resumeWith({{"micro-batch", "4"}}, normed);
                    }),
                    "--micro-batch was 0 and is 4");
    }

    void otherImagesAreRefusedAndAMovedFolderIsNot() {
        const RunRecord record = someRecord();
        DataRecord data = record.data;
        data.path = "/elsewhere/images";
        const ResumePlan moved = planResume(record, with({{"data", data.path}}), data, record.terms, 0);
        QCOMPARE(moved.options.text("data"), data.path);
        QVERIFY(moved.exact);
        data.fingerprint = "ffff";
        data.images = 4999;
        VERIFY_SAYS(
            errorOf([&] { planResume(record, with({}), data, record.terms, 0); }),
            "/elsewhere/images: the images are not those that the run was started with: 5000 were in");
    }

    void imagesThatAreGoneAreToldAndTheNumbersAreNotCalledTheSame() {
        const ResumePlan plan = resumeAfter({.gone = 5, .firstGone = {"a.jpg", "b.jpg", "c.jpg"}});
        QVERIFY(!plan.exact);
        QCOMPARE(plan.notes.size(), std::size_t(1));
        VERIFY_SAYS(plan.notes[0],
                    "5 of the 5000 images that the run began with are gone or no longer what they were: "
                    "a.jpg, b.jpg, c.jpg and 2 more; others are shown in place of them");
        VERIFY_SAYS(plan.notes[0], "the numbers are not those of a run that has them all");
        VERIFY_SAYS(resumeAfter({.gone = 1, .firstGone = {"a.jpg"}}).notes.at(0),
                    "1 of the 5000 images that the run began with is gone or no longer what it was: a.jpg; ");
    }

    void newImagesAreToldAndChangeNoNumber() {
        const ResumePlan plan = resumeAfter({.added = 12});
        QVERIFY(plan.exact);
        QCOMPARE(plan.notes.size(), std::size_t(1));
        VERIFY_SAYS(plan.notes[0], "12 new images in im\nages are not part of this run: start a new one");
        VERIFY_SAYS(resumeAfter({.added = 1}).notes.at(0), "1 new image in im\nages is not part of this run");
    }

    void withoutHalfOfTheImagesOrABatchOfThemItIsNoResume() {
        QVERIFY(!resumeAfter({.gone = 2500, .firstGone = {"a.jpg"}}).exact);
        const std::string said = errorOf([] {
            resumeAfter({.gone = 2501, .firstGone = {"a.jpg", "b.jpg", "c.jpg"}});
        });
        VERIFY_SAYS(
            said,
            "2501 of the 5000 images that the run began with are gone or no longer what they were, too "
            "many to go on without: a.jpg, b.jpg, c.jpg and 2498 more; bring them back");
        const std::vector<std::pair<std::string, std::string>> large{{"batch-size-per-gpu", "2000"},
                                                                     {"accumulate", "2"}};
        QVERIFY(!resumeAfter({.gone = 1000, .firstGone = {"a.jpg"}}, large).exact);
        VERIFY_SAYS(errorOf([&] { resumeAfter({.gone = 1001, .firstGone = {"a.jpg"}}, large); }),
                    "too many to go on without");
    }
};

QTEST_APPLESS_MAIN(RunRecordTest)
#include "run_record_test.moc"
