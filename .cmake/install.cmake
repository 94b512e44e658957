# `cmake --install` makes a package: find_package(troupe) gives troupe::runtime to troupe::net, and troupe::troupe for all.
include(CMakePackageConfigHelpers)

add_library(troupe_all INTERFACE)
add_library(troupe::troupe ALIAS troupe_all)
set_target_properties(troupe_all PROPERTIES EXPORT_NAME troupe)
target_link_libraries(troupe_all INTERFACE net)

set(floors runtime persistence behaviors actors net)
install(TARGETS ${floors} troupe_all EXPORT troupeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS troupe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${floors} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troupe
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.def" PATTERN "*.proto")
install(DIRECTORY ${TROUPE_GENERATED}/troupe/runtime DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troupe
  FILES_MATCHING PATTERN "*.pb.h")
install(FILES troupe.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troupe)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/troupe)
write_basic_package_version_file(troupeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT troupeTargets NAMESPACE troupe:: DESTINATION ${package})
install(FILES .cmake/troupeConfig.cmake .cmake/FindCAF.cmake ${CMAKE_CURRENT_BINARY_DIR}/troupeConfigVersion.cmake
  DESTINATION ${package})
