#!/usr/bin/env bash
# Builds the fuzz targets with clang's libFuzzer, without torch and Qt:
#   tests/fuzz/build.sh [FOLDER [TARGET…]]        (FOLDER: build/fuzz)
# Then, for example: build/fuzz/pickle -max_total_time=1800 build/fuzz/pickle.corpus tests/fuzz/corpus/pickle
# The ordinary tests replay tests/fuzz/corpus; a finding belongs there once it is mended.
set -euo pipefail
cd "$(dirname "$0")/../.."
output=${1:-build/fuzz}
shift || true
compile="${CXX:-clang++-14} -std=c++20 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -I.
         -fsanitize=address,undefined,fuzzer -D_GLIBCXX_ASSERTIONS
         -fsanitize-ignorelist=tests/fuzz/ignorelist.txt
         -D'TOML_ASSERT(condition)=static_cast<void>(0)'
         $(pkg-config --cflags spdlog) -DDINOSCOPE_VERSION='\"fuzzed\"'"

base="engine/base/error.cpp engine/base/lost_pages.cpp engine/base/mapped_file.cpp engine/base/atomic_file.cpp engine/base/printable.cpp \
engine/base/utf8.cpp"
# All of engine/weights but what needs torch or the network.
weights="$base engine/nn/vit_config.cpp engine/nn/resnet_shapes.cpp \
$(printf '%s\n' engine/weights/*.cpp | grep -vE '/(load|save|resave|exported_names|fetch|fetch_entry|catalogue)\.cpp$' | tr '\n' ' ')"

headers="engine/base/error.cpp engine/base/lost_pages.cpp engine/base/mapped_file.cpp engine/image/exif.cpp \
engine/image/header_parsers.cpp engine/image/image_header.cpp"
decoders="$headers engine/base/parallel.cpp engine/image/decode.cpp engine/image/decode_jpeg.cpp \
engine/image/decode_png.cpp engine/image/decode_without_opencv.cpp engine/image/orientation.cpp"

store=engine/neighbours/store
gallery="$base $store/checksum.cpp $store/gallery_record.cpp $store/gallery_terms.cpp $store/whitening.cpp"

metrics="$base engine/train/run/metrics.cpp engine/train/run/metrics_json.cpp"

# A folder is scanned, so that what is read of images.txt can be held against it.
scan="$(printf 'engine/base/%s.cpp ' hash job log) $(printf 'engine/data/%s.cpp ' folder_scan image_dataset image_list)"
dataset="$decoders $scan engine/base/atomic_file.cpp engine/data/dataset_file.cpp"

# toml++ is compiled in, not linked, so that fuzzer and sanitizers see its parser, but without its assertions, as the
# packaged library is: one of them fails for a NUL in a key, which is refused a few lines on.
settings="$base engine/base/common_options.cpp engine/base/option.cpp \
$(printf 'engine/train/run/%s.cpp ' preset run_record toml_options train_option_specs train_options)"

# target | sources besides fuzz_<target>.cpp | libraries
targets="
pickle      | $weights | -lz
torch_file  | $weights | -lz
safetensors | $weights | -lz
shard_index | $weights | -lz
exif | engine/base/error.cpp engine/image/exif.cpp |
image_header | $headers |
gallery | $gallery | -lcrypto
metrics | $metrics |
image_list | $dataset | -ljpeg -lpng -lcrypto -lspdlog -lfmt -pthread
dataset | $dataset | -ljpeg -lpng -lcrypto -lspdlog -lfmt -pthread
run_record | $settings |
preset | $settings |
decode | $decoders | -ljpeg -lpng -pthread
"

# One makefile rule an object, so that targets share them and only what changed is built again.
mkdir -p "$output"
declare -A known=()
{
    echo "all:"
    while IFS='|' read -r target sources libraries; do
        target=${target// /}
        [[ -n $target ]] || continue
        if [[ $# -gt 0 && " $* " != *" $target "* ]]; then continue; fi
        mkdir -p "$output/$target.corpus"
        objects=()
        for source in tests/fuzz/fuzz_$target.cpp $sources; do
            object=$output/objects/${source%.cpp}.o
            mkdir -p "$(dirname "$object")"
            objects+=("$object")
            [[ -z ${known[$object]:-} ]] || continue
            known[$object]=1
            printf '%s: %s\n\t%s -MMD -c %s -o %s\n' "$object" "$source" "${compile//$'\n'/ }" "$source" "$object"
        done
        printf 'all: %s\n%s: %s\n\t%s %s -o %s %s\n' "$output/$target" "$output/$target" "${objects[*]}" \
            "${compile//$'\n'/ }" "${objects[*]}" "$output/$target" "$libraries"
    done <<< "$targets"
    find "$output" -name '*.d' -printf 'include %p\n'
} > "$output/Makefile"
make --no-print-directory -s -j "${JOBS:-2}" -f "$output/Makefile" all
