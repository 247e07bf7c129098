#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <QtTest/QtTest>

#include "engine/ssl/optimizer.h"
#include "engine/ssl/teacher.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

const std::vector<std::string> kNames{"a.weight", "a.bias", "b.weight"};
constexpr double kRates[] = {1e-2, 2e-2, 5e-3};
constexpr double kDecays[] = {0.1, 0.2, 0.3};

std::vector<NamedParameter> startParameters(const Golden& golden) {
    std::vector<NamedParameter> parameters;
    for (const std::string& name : kNames)
        parameters.push_back({name, golden["optimizer.start." + name].requires_grad_()});
    return parameters;
}

void setGradients(const Golden& golden, const Optimizer& optimizer, int step) {
    for (const NamedParameter& parameter : optimizer.parameters()) {
        at::Tensor(parameter.tensor).mutable_grad() =
            golden["optimizer.gradient" + std::to_string(step) + "." + parameter.name];
    }
}

void takeStep(const Golden& golden, Optimizer& optimizer, int step, double ok = 1) {
    const at::NoGradGuard guard;
    setGradients(golden, optimizer, step);
    optimizer.step(kRates[step], kDecays[step], at::full({}, ok));
}

std::vector<at::Tensor> copies(const Optimizer& optimizer) {
    std::vector<at::Tensor> found;
    for (const NamedParameter& parameter : optimizer.parameters())
        found.push_back(parameter.tensor.detach().clone());
    for (const OptimizerState& state : optimizer.state()) {
        for (const auto& [key, value] : state)
            found.push_back(value.clone());
    }
    return found;
}

}  // namespace

class OptimizerTest : public QObject {
    Q_OBJECT

    static void everyKind() {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"adamw", "sgd", "lars"})
            QTest::newRow(kind) << kind;
    }

private Q_SLOTS:
    void stepsEqualTheReference_data() { everyKind(); }

    void stepsEqualTheReference() {
        QFETCH(QString, kind);
        const Golden golden("ssl/ssl.safetensors");
        const auto optimizer = makeOptimizer(kind.toStdString(), startParameters(golden));
        for (int step = 0; step < 3; ++step) {
            takeStep(golden, *optimizer, step);
            for (const NamedParameter& parameter : optimizer->parameters()) {
                const std::string key =
                    kind.toStdString() + "." + std::to_string(step) + "." + parameter.name;
                QVERIFY2(greatest(parameter.tensor.detach(), golden[key]) < 1e-6, key.c_str());
            }
        }
    }

    void aRefusedStepChangesNothing_data() { everyKind(); }

    void aRefusedStepChangesNothing() {
        QFETCH(QString, kind);
        const Golden golden("ssl/ssl.safetensors");
        const auto optimizer = makeOptimizer(kind.toStdString(), startParameters(golden));
        takeStep(golden, *optimizer, 0);
        const std::vector<at::Tensor> before = copies(*optimizer);
        const at::NoGradGuard guard;
        setGradients(golden, *optimizer, 1);
        for (const NamedParameter& parameter : optimizer->parameters())
            parameter.tensor.grad().fill_(NAN);
        optimizer->step(kRates[1], kDecays[1], at::zeros({}));
        const std::vector<at::Tensor> after = copies(*optimizer);
        for (std::size_t i = 0; i < before.size(); ++i)
            QVERIFY(after[i].equal(before[i]));
    }

    void aStateThatWasSavedContinuesAlike_data() { everyKind(); }

    void aStateThatWasSavedContinuesAlike() {
        QFETCH(QString, kind);
        const Golden golden("ssl/ssl.safetensors");
        const auto first = makeOptimizer(kind.toStdString(), startParameters(golden));
        takeStep(golden, *first, 0);
        std::vector<NamedParameter> parameters;
        for (const NamedParameter& parameter : first->parameters())
            parameters.push_back({parameter.name, parameter.tensor.detach().clone().requires_grad_()});
        const auto second = makeOptimizer(kind.toStdString(), std::move(parameters));
        second->load(first->state());
        takeStep(golden, *first, 1);
        takeStep(golden, *second, 1);
        for (std::size_t i = 0; i < kNames.size(); ++i)
            QVERIFY(first->parameters()[i].tensor.equal(second->parameters()[i].tensor));
    }

    void aParameterWithoutGradientIsLeftOut_data() { everyKind(); }

    void aParameterWithoutGradientIsLeftOut() {
        QFETCH(QString, kind);
        const Golden golden("ssl/ssl.safetensors");
        const auto optimizer = makeOptimizer(kind.toStdString(), startParameters(golden));
        setGradients(golden, *optimizer, 0);
        at::Tensor(optimizer->parameters()[0].tensor).mutable_grad().reset();
        const at::NoGradGuard guard;
        optimizer->step(kRates[0], kDecays[0], at::ones({}));
        QVERIFY(optimizer->parameters()[0].tensor.equal(golden["optimizer.start.a.weight"]));
        QVERIFY(!optimizer->parameters()[1].tensor.equal(golden["optimizer.start.a.bias"]));
    }

    void aStateOfAnotherOptimizerIsRefused() {
        const Golden golden("ssl/ssl.safetensors");
        const auto adamw = makeOptimizer("adamw", startParameters(golden));
        const auto sgd = makeOptimizer("sgd", startParameters(golden));
        QVERIFY_EXCEPTION_THROWN(adamw->load(sgd->state()), Error);
        QVERIFY_EXCEPTION_THROWN(makeOptimizer("adam", startParameters(golden)), UsageError);
    }

    void gradientsAreClippedOneByOne() {
        const Golden golden("ssl/ssl.safetensors");
        std::vector<NamedParameter> parameters;
        for (int i = 0; i < 3; ++i) {
            const at::Tensor before = golden["clip." + std::to_string(i) + ".before"];
            parameters.push_back({std::to_string(i), at::zeros_like(before).requires_grad_()});
            parameters.back().tensor.mutable_grad() = before.clone();
        }
        const at::Tensor norms = clipGradients(parameters, 0.5);
        for (int i = 0; i < 3; ++i) {
            const std::string key = "clip." + std::to_string(i);
            QVERIFY(greatest(parameters[std::size_t(i)].tensor.grad(), golden[key + ".after"]) < 1e-6);
            QVERIFY(greatest(norms[i], golden[key + ".before"].norm()) < 1e-4);
        }
    }

    void decayLeavesBiasesAndNorms() {
        QVERIFY(isRegularised({"blocks.0.mlp.fc1.weight", at::zeros({2, 2})}));
        QVERIFY(isRegularised({"pos_embed", at::zeros({1, 2, 2})}));
        QVERIFY(!isRegularised({"blocks.0.mlp.fc1.bias", at::zeros({2})}));
        QVERIFY(!isRegularised({"norm.weight", at::zeros({2})}));
    }

    void theTeacherFollowsWithItsMomentum() {
        const at::Tensor student = at::randn({3, 2});
        const at::Tensor start = at::randn({3, 2});
        std::vector<at::Tensor> teacher{start.clone()};
        updateTeacher(teacher, {student}, 0.9, at::ones({}));
        QVERIFY(greatest(teacher[0], start * 0.9 + student * 0.1) < 1e-6);
        const at::Tensor before = teacher[0].clone();
        updateTeacher(teacher, {student}, 0.9, at::zeros({}));
        QVERIFY(teacher[0].equal(before));
        updateTeacher(teacher, {student}, 0, at::ones({}));
        QVERIFY(teacher[0].equal(student));
    }
};

QTEST_APPLESS_MAIN(OptimizerTest)
#include "optimizer_test.moc"
