#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/base/error.h"
#include "engine/weights/inspector.h"
#include "engine/weights/safetensors_file.h"
#include "engine/weights/shard_index.h"
#include "engine/weights/torch_file.h"
#include "engine/weights/unpickler.h"

namespace dinoscope::fuzz {

/// A pickle: a tree whose values can all be walked, or an Error.
inline void pickle(std::span<const std::byte> bytes) {
    try {
        const PickleTree tree = Unpickler::read(bytes, "input");
        if (tree.encodedSize() > bytes.size()) std::abort();
        for (std::uint32_t i = 0; i < tree.size(); ++i) {
            const PickleValue value(tree, i);
            if (value.state() && !value.is(PickleKind::Opaque)) std::abort();
            value.find("state_dict");
            for (std::size_t k = 0; k < value.size(); ++k) {
                if (value.is(PickleKind::Dict)) {
                    value.key(k).kind();
                    value.value(k).kind();
                } else {
                    value.item(k).kind();
                }
            }
        }
    } catch (const Error& error) {
        if (error.where() != "input") std::abort();
    }
}

/// Both ends of every tensor lie in memory that can be read.
inline void touchTensors(const Checkpoint& checkpoint) {
    unsigned sum = 0;
    for (const TensorGroup& group : checkpoint.groups()) {
        for (std::size_t i = 0; i < group.tensors.size(); ++i) {
            try {
                const TensorView view = checkpoint.view(group, i);
                if (view.bytes.empty()) continue;
                sum += std::to_integer<unsigned>(view.bytes.front());
                sum += std::to_integer<unsigned>(view.bytes.back());
            } catch (const Error&) {
            }
        }
    }
    static volatile unsigned kept = 0;
    kept = kept + sum;  // so that the reads are not left out
}

/// A weights file of any format: tensors within it and an inspection, or an Error.
inline void weights(std::span<const std::byte> bytes) {
    try {
        const Checkpoint checkpoint(bytes, "input");
        touchTensors(checkpoint);
        for (const char* key : {"", "student"}) {
            LoadOptions options;
            options.checkpointKey = key;
            options.headsPerLayer = 3;
            try {
                refusal(inspect(checkpoint, options));
            } catch (const Error&) {
            }
        }
    } catch (const Error& error) {
        if (error.where() != "input") std::abort();
    }
}

inline void torchFile(std::span<const std::byte> bytes) {
    if (TorchFile::looksLikeZip(bytes) || TorchFile::looksLikeLegacy(bytes)) weights(bytes);
}

inline void safetensors(std::span<const std::byte> bytes) {
    if (SafetensorsFile::looksLike(bytes)) weights(bytes);
}

/// An index: plain names, or an Error.
inline void shardIndex(std::span<const std::byte> bytes) {
    try {
        const ShardIndex index(bytes, "input");
        for (const std::string& shard : index.shards()) {
            if (shard.empty() || shard == ".." || shard.find('/') != std::string::npos) std::abort();
        }
    } catch (const Error& error) {
        if (error.where() != "input") std::abort();
    }
}

}  // namespace dinoscope::fuzz
