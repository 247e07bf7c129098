# cmake --install build/release --prefix PREFIX makes a tree that needs neither these sources nor the folder that LibTorch
# was fetched to, and may be moved: programs, LibTorch as it lies beside its own libraries, models and samples.
set(own_libraries lib/dinoscope)
set(program_targets dino)
if(DINOSCOPE_GUI)
    list(APPEND program_targets dinoscope)
endif()
set_target_properties(${program_targets} PROPERTIES INSTALL_RPATH "$ORIGIN/../${own_libraries}/torch/lib")
install(TARGETS ${program_targets} RUNTIME DESTINATION bin COMPONENT programs)

install(DIRECTORY models/bundled models/bundled-run models/example-run models/presets
        DESTINATION share/dinoscope/models COMPONENT programs)
install(DIRECTORY resources/samples DESTINATION share/dinoscope/resources COMPONENT programs)
install(FILES LICENSE DESTINATION share/doc/dinoscope COMPONENT programs)
if(DINOSCOPE_GUI)
    install(FILES packaging/dinoscope.desktop DESTINATION share/applications COMPONENT programs)
    install(FILES resources/icons/dinoscope.svg DESTINATION share/icons/hicolor/scalable/apps COMPONENT programs)
endif()

foreach(part torch nvidia)
    if(EXISTS ${torch_root}/${part}/)
        install(DIRECTORY ${torch_root}/${part}/ DESTINATION ${own_libraries}/${part} COMPONENT libtorch
                FILES_MATCHING PATTERN "*.so*" PATTERN include EXCLUDE)
    endif()
endforeach()
