#include "engine/train/run/train_options.h"

#include <QtTest>
#include <map>

#include "engine/ssl/augment/crop_loader.h"
#include "run_test_tools.h"

using namespace dinoscope;

namespace {

using Given = std::map<std::string, std::string>;

OptionValues with(const Given& given) {
    OptionValues values(trainOptions());
    for (const auto& [key, text] : given)
        values.set(key, std::string_view(text));
    return values;
}

std::string refusalOf(const Given& given) {
    return errorOf([&] { checkTrainOptions(with(given)); });
}

}  // namespace

Q_DECLARE_METATYPE(Given)

class TrainOptionsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Else it would be refused once the run was made.
    void asManyLoaderThreadsAreTakenAsTheLoaderTakes() {
        QCOMPARE(*trainOptions().find("num-workers")->maximum, double(kMostLoaderThreads));
        OptionValues values(trainOptions());
        values.set("num-workers", OptionValue(std::int64_t(kMostLoaderThreads)));
        QVERIFY_THROWS_EXCEPTION(
            UsageError, values.set("num-workers", OptionValue(std::int64_t(kMostLoaderThreads + 1))));
    }

    void defaultsAreThoseOfTheReference_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        // main_dino.py, get_args_parser().
        const std::pair<const char*, const char*> reference[]{{"arch", "vit_small"},
                                                              {"patch_size", "16"},
                                                              {"out_dim", "65536"},
                                                              {"norm_last_layer", "true"},
                                                              {"momentum_teacher", "0.996"},
                                                              {"use_bn_in_head", "false"},
                                                              {"warmup_teacher_temp", "0.04"},
                                                              {"teacher_temp", "0.04"},
                                                              {"warmup_teacher_temp_epochs", "0"},
                                                              {"use_fp16", "true"},
                                                              {"weight_decay", "0.04"},
                                                              {"weight_decay_end", "0.4"},
                                                              {"clip_grad", "3"},
                                                              {"batch_size_per_gpu", "64"},
                                                              {"epochs", "100"},
                                                              {"freeze_last_layer", "1"},
                                                              {"lr", "0.0005"},
                                                              {"warmup_epochs", "10"},
                                                              {"min_lr", "1e-06"},
                                                              {"optimizer", "adamw"},
                                                              {"drop_path_rate", "0.1"},
                                                              {"global_crops_scale", "0.4 1"},
                                                              {"local_crops_number", "8"},
                                                              {"local_crops_scale", "0.05 0.4"},
                                                              {"saveckp_freq", "20"},
                                                              {"seed", "0"}};
        for (const auto& [name, value] : reference)
            QTest::newRow(name) << name << value;
    }

    void defaultsAreThoseOfTheReference() {
        QFETCH(const QString, name);
        QFETCH(const QString, value);
        const OptionValues values(trainOptions());
        QCOMPARE(QString::fromStdString(formatOptionValue(values.value(name.toStdString()))), value);
    }

    void everyOptionHasALabelAndAHelpWithoutFullStop() {
        QVERIFY(trainOptions().specs().size() > 60);
        for (const OptionSpec& spec : trainOptions().specs()) {
            QVERIFY2(!spec.label.empty() && !spec.help.empty(), spec.key.c_str());
            QVERIFY2(!spec.help.ends_with('.'), spec.key.c_str());
        }
    }

    void theDefaultsPassTheirOwnChecks() {
        OptionValues values(trainOptions());
        QVERIFY(settleTrainOptions(values).empty());
        checkTrainOptions(values);
    }

    void crossChecksNameTheOptionTheValueAndWhatIsAllowed_data() {
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* given, const char* sentence) {
            QTest::newRow(given) << given << sentence;
        };
        row("epochs=5 warmup-epochs=0 warmup-teacher-temp-epochs=30",
            "--warmup-teacher-temp-epochs: '30' is not allowed: the run is 5 epochs long; give 0 to 5, or "
            "more "
            "--epochs");
        row("epochs=5",
            "--warmup-epochs: '10' is not allowed: the run is 5 epochs long; give 0 to 5, or more "
            "--epochs");
        row("epochs=1 warmup-epochs=0 freeze-last-layer=2",
            "--freeze-last-layer: '2' is not allowed: the run is 1 epoch long; give 0 to 1, or more "
            "--epochs");
        row("global-crop-size=230",
            "--global-crop-size: '230' is not allowed: it must be a multiple of the "
            "patch size 16; give 224 or 240");
        row("local-crop-size=10",
            "--local-crop-size: '10' is not allowed: it must be a multiple of the patch "
            "size 16; give 16");
        row("img-size=100 patch-size=8", "--img-size: '100' is not allowed");
        row("global-crops-scale=0.8,0.4", "--global-crops-scale: '0.8 0.4' is not allowed");
        row("local-crops-scale=0,0.4", "--local-crops-scale: '0 0.4' is not allowed");
        row("objective=supervised predictor=true", "--predictor: 'true' is not allowed");
        row("micro-batch=65", "--micro-batch: '65' is not allowed: a batch has 64 images; give 1 to 64");
        row("arch=resnet50 batch-size-per-gpu=1", "--batch-size-per-gpu: '1' is not allowed");
        row("use-bn-in-head=true micro-batch=1", "--micro-batch: '1' is not allowed");
    }

    void crossChecksNameTheOptionTheValueAndWhatIsAllowed() {
        QFETCH(const QString, given);
        QFETCH(const QString, sentence);
        std::map<std::string, std::string> values;
        for (const QString& one : given.split(' '))
            values[one.section('=', 0, 0).toStdString()] = one.section('=', 1).toStdString();
        VERIFY_SAYS(refusalOf(values), sentence.toStdString());
    }

    void whatLooksOddButIsSoundPasses() {
        QCOMPARE(refusalOf({{"epochs", "1"}, {"warmup-epochs", "1"}}), std::string());
        QCOMPARE(refusalOf({{"local-crops-number", "0"}, {"local-crop-size", "50"}}), std::string());
        QCOMPARE(refusalOf({{"arch", "resnet50"}, {"global-crop-size", "225"}}), std::string());
        QCOMPARE(refusalOf({{"targets", "sinkhorn"}}), std::string());
        // As a form gives it, and a run's own record.
        QCOMPARE(refusalOf({{"targets", "sinkhorn"}, {"centring", "true"}}), std::string());
        QCOMPARE(refusalOf({{"teacher-temp", "0.1"}}), std::string());
        QCOMPARE(refusalOf({{"patch-size", "14"}, {"local-crop-size", "98"}}), std::string());
    }

    void aRunNeedsImagesAndAFolder() {
        VERIFY_SAYS(errorOf([] {
                        checkTrainInputs(with({{"output", "r"}}));
                    }),
                    "--data: no images are named");
        VERIFY_SAYS(errorOf([] { checkTrainInputs(with({{"data", "d"}})); }), "--output: ");
        checkTrainInputs(with({{"data_path", "d"}, {"output_dir", "r"}}));
        checkTrainInputs(with({{"data", "d"}, {"plan", "true"}}));
    }

    void halfPrecisionOfTheReferenceIsPrecision() {
        OptionValues off = with({{"use_fp16", "false"}});
        QCOMPARE(settleTrainOptions(off).size(), std::size_t(1));
        QCOMPARE(off.text("precision"), std::string("fp32"));
        OptionValues on = with({{"use_fp16", "1"}});
        QCOMPARE(settleTrainOptions(on).size(), std::size_t(1));
        QCOMPARE(on.text("precision"), std::string("auto"));
        OptionValues both = with({{"use_fp16", "0"}, {"precision", "bf16"}});
        VERIFY_SAYS(errorOf([&] { settleTrainOptions(both); }), "--use-fp16: 'false' contradicts");
    }

    void whatTheSquaredDistanceDoesNotKnowIsTold() {
        OptionValues idle =
            with({{"loss", "mse"}, {"teacher-temp", "0.07"}, {"centring", "false"}, {"lr", "0.001"}});
        const std::vector<std::string> notes = settleTrainOptions(idle);
        QCOMPARE(notes.size(), std::size_t(1));
        VERIFY_SAYS(notes[0], "of no effect with --loss mse");
        VERIFY_SAYS(notes[0], ": --teacher-temp, --centring");
        // As a form gives them, and where they act.
        OptionValues same = with({{"loss", "mse"}, {"teacher-temp", "0.04"}, {"centring", "true"}});
        QVERIFY(settleTrainOptions(same).empty());
        OptionValues entropy = with({{"teacher-temp", "0.07"}});
        QVERIFY(settleTrainOptions(entropy).empty());
    }

    void optionsThatOthersTakeTheEffectFromAreTold_data() {
        QTest::addColumn<Given>("given");
        QTest::addColumn<QString>("note");
        const auto row = [](const char* name, const Given& given, const char* note) {
            QTest::newRow(name) << given << QString(note);
        };
        row("supervised",
            {{"objective", "supervised"},
             {"targets", "sinkhorn"},
             {"centring", "false"},
             {"momentum-teacher", "0.9"},
             {"local-crops-number", "2"},
             {"epochs", "3"}},
            "of no effect with --objective supervised, which has neither DINO's head and targets nor local "
            "crops: "
            "--momentum-teacher, --targets, --centring, --local-crops-number");
        row("sinkhorn", {{"targets", "sinkhorn"}, {"centring", "false"}, {"centre-momentum", "0.8"}},
            "of no effect with --targets sinkhorn, which knows no centre: --centring, --centre-momentum");
        row("no centring", {{"centring", "false"}, {"centre-momentum", "0.8"}},
            "of no effect with --no-centring: --centre-momentum");
        row("no sharpening", {{"sharpening", "false"}, {"teacher-temp", "0.07"}},
            "of no effect with --no-sharpening, which takes the student's temperature: --teacher-temp");
        row("copied teacher", {{"teacher-update", "copy"}, {"momentum-teacher", "0.9"}},
            "of no effect with a --teacher-update that knows no momentum: --momentum-teacher");
        row("resnet50",
            {{"arch", "resnet50"},
             {"patch-size", "8"},
             {"drop-path-rate", "0"},
             {"activation-checkpointing", "true"}},
            "of no effect with a convolutional network: --patch-size, --drop-path-rate, "
            "--activation-checkpointing");
        row("key without weights", {{"checkpoint-key", "student"}},
            "of no effect without --init: --checkpoint-key");
        row("all of effect", {{"init", "a.pth"}, {"checkpoint-key", "student"}, {"targets", "sinkhorn"}}, "");
        row("a resume, whose record has the weights", {{"resume", "true"}, {"checkpoint-key", "student"}},
            "");
    }

    void optionsThatOthersTakeTheEffectFromAreTold() {
        QFETCH(Given, given);
        QFETCH(QString, note);
        OptionValues values = with(given);
        const std::vector<std::string> notes = settleTrainOptions(values);
        QCOMPARE(notes.size(), std::size_t(note.isEmpty() ? 0 : 1));
        if (!note.isEmpty()) QCOMPARE(QString::fromStdString(notes[0]), note);
    }

    void onlyLengthMachineSavingAndProbesMayChange() {
        QVERIFY(trainOptionRole("epochs") == TrainOptionRole::Length);
        QVERIFY(trainOptionRole("data_path") == TrainOptionRole::Data);
        for (const char* key :
             {"lr", "seed", "arch", "precision", "batch-size-per-gpu", "accumulate", "init"})
            QVERIFY2(trainOptionRole(key) == TrainOptionRole::Method, key);
        for (const char* key :
             {"device", "threads", "num_workers", "cache-memory", "micro-batch", "activation-checkpointing"})
            QVERIFY2(trainOptionRole(key) == TrainOptionRole::Machine, key);
        VERIFY_SAYS(errorOf([] { trainOptionRole("lrr"); }), "--lrr: there is no such option");
    }

    void microBatchesMatterToBatchNormAndSinkhorn() {
        QVERIFY(!dependsOnMicroBatch(with({})));
        QVERIFY(dependsOnMicroBatch(with({{"arch", "resnet50"}})));
        QVERIFY(dependsOnMicroBatch(with({{"use-bn-in-head", "true"}})));
        QVERIFY(dependsOnMicroBatch(with({{"targets", "sinkhorn"}})));
    }

    void argumentsForCheckpointsHaveTheReferencesNames() {
        const auto arguments = referenceArguments(with({{"output", "run"}, {"data", "images"}}));
        QCOMPARE(arguments.size(), std::size_t(29));
        QCOMPARE(arguments.front().first, std::string("arch"));
        const std::map<std::string, OptionValue> byName(arguments.begin(), arguments.end());
        QCOMPARE(byName.at("output_dir"), OptionValue(std::string("run")));
        QCOMPARE(byName.at("data_path"), OptionValue(std::string("images")));
        QCOMPARE(byName.at("global_crops_scale"), OptionValue(RealPair{0.4, 1}));
        QCOMPARE(byName.at("batch_size_per_gpu"), OptionValue(std::int64_t(64)));
    }
};

QTEST_APPLESS_MAIN(TrainOptionsTest)
#include "train_options_test.moc"
