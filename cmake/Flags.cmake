# dinoscope_flags carries the compiler flags of our own code; every target of ours links it.
add_library(dinoscope_flags INTERFACE)
target_include_directories(dinoscope_flags INTERFACE ${PROJECT_SOURCE_DIR})
# LibTorch's ABI of std::string. Said to every file: precompiled headers are for files that agree in it.
target_compile_definitions(dinoscope_flags INTERFACE DINOSCOPE_VERSION="${PROJECT_VERSION}" _GLIBCXX_USE_CXX11_ABI=1)
target_compile_options(dinoscope_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    $<$<BOOL:${DINOSCOPE_WERROR}>:-Werror> -fdiagnostics-color=auto
    # GCC 12 sees overlapping copies in std::string concatenation that cannot happen (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    # Attention and resampling tests compare with golden values to rounding: no contraction the source does not ask for.
    -ffp-contract=off)

if(DINOSCOPE_SANITIZE)
    # In the code that the sanitizers add, GCC takes what is never read for uninitialised.
    target_compile_options(dinoscope_flags INTERFACE
        -fsanitize=${DINOSCOPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(dinoscope_flags INTERFACE -fsanitize=${DINOSCOPE_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # The sloppiness is what ccache needs to see through a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()
