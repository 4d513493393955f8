# cmake --install: the program, the libraries, their headers, the shipped data and scenarios, and a
# package for find_package(Cohort).
include(CMakePackageConfigHelpers)

set(rooms core problems algorithms comm worker coordinator scenarios bench)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Cohort)
set_target_properties(cohort_arithmetic PROPERTIES EXPORT_NAME arithmetic)

# Cohort::cohort is the whole library.
add_library(cohort_all INTERFACE)
set_target_properties(cohort_all PROPERTIES EXPORT_NAME cohort)
target_link_libraries(cohort_all INTERFACE cohort_bench cohort_scenarios)

list(TRANSFORM rooms PREPEND cohort_ OUTPUT_VARIABLE libraries)
install(TARGETS ${libraries} cohort_arithmetic cohort_all EXPORT CohortTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET cohort)
  install(TARGETS cohort RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(room ${rooms})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} DESTINATION include/cohort
          FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/problems/data/shipped/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/cohort/data OPTIONAL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/cohort/scenarios
        FILES_MATCHING PATTERN "*.toml")

install(EXPORT CohortTargets NAMESPACE Cohort:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/CohortConfig.cmake.in
  ${PROJECT_BINARY_DIR}/CohortConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/CohortConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/CohortConfig.cmake ${PROJECT_BINARY_DIR}/CohortConfigVersion.cmake
        DESTINATION ${package_dir})
