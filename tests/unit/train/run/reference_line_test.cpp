#include "engine/train/run/reference_line.h"

#include <QtTest>
#include <utility>

#include "app/cli_options.h"
#include "engine/train/run/train_options.h"
#include "run_test_tools.h"

using namespace dinoscope;

namespace {

using Words = std::vector<std::string>;

/// The words of a line, as a shell finds them: blanks, quotes, a backslash before one letter or at a line's
/// end.
Words splitShellWords(const std::string& line) {
    Words words;
    std::string word;
    bool inWord = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char letter = line[i];
        if (letter == '\\') {
            if (line[++i] != '\n') word += line[i];
        } else if (quote ? letter == quote : letter == '\'' || letter == '"') {
            quote = quote ? '\0' : letter;
            inWord = true;
        } else if (!quote && (letter == ' ' || letter == '\n')) {
            if (inWord) words.push_back(std::exchange(word, {}));
            inWord = false;
        } else {
            word += letter;
            inWord = true;
        }
    }
    if (inWord) words.push_back(word);
    return words;
}

ReferenceLine read(const std::string& line) {
    return readReferenceLine(splitShellWords(line));
}

/// As `dino train` reads them.
OptionValues valuesOf(const Words& arguments) {
    OptionValues values(trainOptions());
    CLI::App parser;
    app::bindOptions(parser, trainOptions(), values);
    app::parseArguments(parser, arguments);
    return values;
}

OptionValues valuesOf(const std::string& line) {
    return valuesOf(read(line).arguments);
}

Words ignoredOf(const std::string& line) {
    Words words;
    for (const IgnoredWord& one : read(line).ignored)
        words.push_back(one.word);
    return words;
}

}  // namespace

class ReferenceLineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theReferencesFirstCommandIsRead() {
        const std::string line =
            "python -m torch.distributed.launch --nproc_per_node=8 main_dino.py --arch deit_small "
            "--data_path /images/train --output_dir '/my runs/one'";
        const OptionValues values = valuesOf(line);
        QCOMPARE(values.text("arch"), std::string("vit_small"));
        QCOMPARE(values.text("data"), std::string("/images/train"));
        QCOMPARE(values.text("output"), std::string("/my runs/one"));
        QCOMPARE(ignoredOf(line), (Words{"--nproc_per_node=8"}));
        QCOMPARE(read(line).notes,
                 (Words{"deit_small is taken as vit_small",
                        "a step of 8 processes is of 8 batches: --accumulate 8 makes it so on one device, "
                        "--processes 8 on as many of one machine"}));
        checkTrainOptions(values);
    }

    void itsResNetCommandIsRead() {
        const OptionValues values = valuesOf(
            "python -m torch.distributed.launch --nproc_per_node=8 main_dino.py --arch resnet50 "
            "--optimizer sgd --weight_decay 1e-4 --weight_decay_end 1e-4 --global_crops_scale 0.14 1. "
            "--local_crops_scale 0.05 0.14 --data_path d --output_dir o");
        QCOMPARE(OptionValue(values.pair("global-crops-scale")), OptionValue(RealPair{0.14, 1}));
        QCOMPARE(OptionValue(values.pair("local-crops-scale")), OptionValue(RealPair{0.05, 0.14}));
        QCOMPARE(values.real("weight-decay-end"), 1e-4);
        QCOMPARE(values.text("optimizer"), std::string("sgd"));
    }

    void itsFullCommandOverSeveralLinesIsRead() {
        const std::string line =
            "python run_with_submitit.py --nodes 2 --ngpus 8 --use_volta32 --arch deit_small \\\n"
            "  --epochs 300 --teacher_temp 0.07 --warmup_teacher_temp_epochs 30 \\\n"
            "  --norm_last_layer false --use_fp16 true --data_path d --output_dir o";
        const OptionValues values = valuesOf(line);
        QCOMPARE(values.integer("epochs"), std::int64_t(300));
        QCOMPARE(values.real("teacher-temp"), 0.07);
        QCOMPARE(values.flag("norm-last-layer"), false);
        QCOMPARE(values.flag("use-fp16"), true);
        QCOMPARE(ignoredOf(line), (Words{"--nodes 2", "--ngpus 8", "--use_volta32"}));
    }

    void torchrunAndTheShellsSettingsAreNamed() {
        const std::string line =
            "CUDA_VISIBLE_DEVICES=0,1 torchrun --standalone --nproc-per-node 2 ./dino/main_dino.py "
            "--dist_url env:// --local_rank=0 --lr 0.001 --min_lr -0.0";
        QCOMPARE(ignoredOf(line), (Words{"CUDA_VISIBLE_DEVICES=0,1", "--standalone", "--nproc-per-node 2",
                                         "--dist_url env://", "--local_rank=0"}));
        QCOMPARE(valuesOf(line).real("lr"), 0.001);
        for (const IgnoredWord& one : read(line).ignored)
            QVERIFY(!one.reason.empty());
    }

    void accumulationIsAdvisedForAsManyProcessesAsWereNamed() {
        const auto advises = [](const std::string& line, const std::string& count) {
            const Words notes = read(line).notes;
            return notes.size() == 1 && notes[0].find("--accumulate " + count + " ") != std::string::npos;
        };
        QVERIFY(advises("python run_with_submitit.py --nodes 2 --ngpus 8 --lr 1", "16"));
        QVERIFY(advises("torchrun --nnodes=2 --nproc-per-node 4 main_dino.py", "8"));
        for (const char* line : {"main_dino.py", "torchrun --nproc_per_node=1 main_dino.py",
                                 "torchrun --nproc_per_node=gpu main_dino.py",
                                 "torchrun --nproc_per_node=8 main_dino.py --accumulate 8"})
            QVERIFY2(read(line).notes.empty(), line);
    }

    void ourOwnLinePassesThrough() {
        const Words own{"--data",  "images", "-o",    "run",           "--preset", "five-minutes",
                        "--probe", "a.jpg",  "b.jpg", "--no-centring", "--resume"};
        const ReferenceLine line = readReferenceLine(own);
        QCOMPARE(line.arguments, own);
        QVERIFY(line.ignored.empty() && line.notes.empty());
        const OptionValues values = valuesOf(own);
        QCOMPARE(values.paths("probe"), (Words{"a.jpg", "b.jpg"}));
        QCOMPARE(values.text("output"), std::string("run"));
        QCOMPARE(values.flag("centring"), false);
        QCOMPARE(values.flag("resume"), true);
    }

    void flagsTakeTheReferencesValues_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("value");
        QTest::newRow("true") << "--norm_last_layer true" << true;
        QTest::newRow("False") << "--norm_last_layer False" << false;
        QTest::newRow("0") << "--norm-last-layer 0" << false;
        QTest::newRow("equals") << "--norm_last_layer=false" << false;
        QTest::newRow("alone") << "--norm_last_layer" << true;
        QTest::newRow("before another") << "--norm_last_layer --epochs 20" << true;
        QTest::newRow("negated") << "--no-norm-last-layer" << false;
    }

    void flagsTakeTheReferencesValues() {
        QFETCH(const QString, line);
        QFETCH(const bool, value);
        const OptionValues values = valuesOf(line.toStdString());
        QVERIFY(values.isSet("norm-last-layer"));
        QCOMPARE(values.flag("norm-last-layer"), value);
    }

    void whatIsNoOptionIsNamed() {
        VERIFY_SAYS(errorOf([] { valuesOf("main_dino.py --arhc vit_small"); }), "--arhc");
        VERIFY_SAYS(errorOf([] { valuesOf("stray"); }), "not expected here: stray");
        VERIFY_SAYS(errorOf([] { valuesOf("--epochs"); }), "--epochs");
        VERIFY_SAYS(errorOf([] { valuesOf("--arch xcit_small_12_p16"); }), "vit_tiny, vit_base or resnet50");
        VERIFY_SAYS(errorOf([] { valuesOf("--global_crops_scale 0.4"); }),
                    "give two numbers between 0 and 1");
    }
};

QTEST_APPLESS_MAIN(ReferenceLineTest)
#include "reference_line_test.moc"
