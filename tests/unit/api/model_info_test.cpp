#include <QtTest>
#include <nlohmann/json.hpp>

#include "engine/api/model.h"

using namespace dinoscope;
using namespace dinoscope::api;

class ModelInfoTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jsonTellsWhatIsNotUsedAndWhichOfItWouldBeRefused() {
        ModelInfo info;
        info.keysUsed = 150;
        info.keysMissing = {"norm.weight"};
        info.keysIgnored = {"head.mlp.0.weight [2048, 384]"};
        info.keysUnexpected = {"blocks.0.extra [384]"};
        const nlohmann::json keys = nlohmann::json::parse(toJson(info))["keys"];
        QCOMPARE(keys["used"].get<int>(), 150);
        QCOMPARE(keys["missing"].get<std::vector<std::string>>(), info.keysMissing);
        QCOMPARE(keys["ignored"].get<std::vector<std::string>>(),
                 (std::vector<std::string>{"head.mlp.0.weight [2048, 384]", "blocks.0.extra [384]"}));
        QCOMPARE(keys["unexpected"].get<std::vector<std::string>>(), info.keysUnexpected);
    }

    void theUntrainedNetworkSaysSo() {
        JobControl control;
        const ModelInfo info = inspectModel({}, false, control);
        QVERIFY(info.untrained());
        QCOMPARE(info.architecture, std::string("vit_small"));
        QCOMPARE(info.patchSize, 16);
    }
};

QTEST_APPLESS_MAIN(ModelInfoTest)
#include "model_info_test.moc"
