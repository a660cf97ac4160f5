# cmake --install, and find_package(scar [COMPONENTS core data ...]) for those who link the library.
include(CMakePackageConfigHelpers)
set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/scar)

get_property(SCAR_EXPORTED_MODULES GLOBAL PROPERTY SCAR_EXPORTED_MODULES)
foreach(_module IN LISTS SCAR_EXPORTED_MODULES)
  install(DIRECTORY include/scar/${_module} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/scar FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES LICENSE third_party/VERSIONS.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/scar/configs FILES_MATCHING PATTERN "*.yaml" PATTERN "*.txt")

install(EXPORT scarTargets NAMESPACE scar:: DESTINATION ${_package})
get_property(_has_torch GLOBAL PROPERTY SCAR_HAS_TORCH_EXPORTS)
if(_has_torch)
  install(EXPORT scarTorchTargets NAMESPACE scar:: DESTINATION ${_package})
endif()
configure_package_config_file(third_party/cmake/scarConfig.cmake.in ${PROJECT_BINARY_DIR}/scarConfig.cmake
                              INSTALL_DESTINATION ${_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/scarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
# The files that find the dependencies here find them there.
install(FILES ${PROJECT_BINARY_DIR}/scarConfig.cmake ${PROJECT_BINARY_DIR}/scarConfigVersion.cmake
              third_party/cmake/DebianLibraries.cmake third_party/cmake/Hdf5Static.cmake
              third_party/cmake/Sentencepiece.cmake third_party/cmake/TorchWheel.cmake
        DESTINATION ${_package})
