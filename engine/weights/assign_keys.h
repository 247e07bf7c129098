#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/checkpoint.h"
#include "engine/weights/families.h"
#include "engine/weights/infer_config.h"
#include "engine/weights/inspector.h"

namespace dinoscope {

/// A norm's count of the batches it has seen, a whole number that nothing computes with.
bool isBatchCounter(std::string_view name);

/// Which tensor of a file is which of the network's, by a family's key map. Both must outlive it.
class KeyAssignment {
public:
    KeyAssignment(const Family& family, const TensorGroup& group);

    /// Tensors by their reference names, parts put together. What does not fit together has an empty shape.
    const KeyShapes& shapes() const { return shapes_; }
    std::string shapeOf(const std::string& name) const;
    /// "norm.weight (it is quantised)" where the file has a tensor in a way that is not read; empty
    /// otherwise.
    std::string unreadAs(const std::string& name) const;

    /// Fills in sources, classifier, parameters and the lists of keys, for the network and config of `info`.
    void assign(Inspection& info) const;

private:
    struct Stack {
        std::vector<std::optional<std::size_t>> parts;
    };
    using Shape = std::vector<std::int64_t>;

    std::optional<Shape> stackedShape(const std::string& name, const Stack& stack) const;
    void use(const std::string& name, const Stack& stack, std::vector<Inspection::Source>& sources,
             Inspection& info) const;
    std::map<std::string, Shape> expected(const Inspection& info) const;
    void assignClassifier(Inspection& info, std::map<std::string, const Stack*>& left) const;
    std::string described(std::size_t index) const;

    const Family& family_;
    const TensorGroup& group_;
    std::map<std::string, Stack> stacks_;
    KeyShapes shapes_;
    std::map<std::string, std::string> unread_;  ///< reference name -> UnreadTensor::kind
    std::vector<std::size_t> ignored_;
    std::vector<std::size_t> twice_;
};

}  // namespace dinoscope
