# What `cmake --install` puts where, as three components that are the three packages (Packages.cmake): lib, dev, command.

# The components for C++ install themselves (Components.cmake).
include(CMakePackageConfigHelpers)

# The C ABI.
set_target_properties(loquat_shared PROPERTIES EXPORT_NAME capi)
install(TARGETS loquat_shared EXPORT LoquatTargets
        LIBRARY COMPONENT lib NAMELINK_COMPONENT dev
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
loquat_pkg_config(-capi "sockets for C and other languages" -lloquat)

# gdb's commands for fibers. Under the library's full path gdb finds them by itself; a prefix is known when it is installed.
install(FILES packaging/gdb/loquat-gdb.py COMPONENT lib RENAME libloquat.so.${PROJECT_VERSION}-gdb.py
        DESTINATION ${CMAKE_INSTALL_DATADIR}/gdb/auto-load\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR})

install(DIRECTORY include/loquat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN *.h)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Loquat)
configure_package_config_file(cmake/LoquatConfig.cmake.in LoquatConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(LoquatConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/LoquatConfig.cmake ${PROJECT_BINARY_DIR}/LoquatConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT dev)
install(EXPORT LoquatTargets NAMESPACE Loquat:: DESTINATION ${package_dir} COMPONENT dev)

# The command, and what `loquat completion` and `loquat manual` say.
if(TARGET loquat)
  install(TARGETS loquat COMPONENT command)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT command)
  install(FILES packaging/loquat.service DESTINATION lib/systemd/system COMPONENT command)
endif()

# All that is installed, for who builds no more than that.
add_custom_target(installed DEPENDS loquat_shared loquat_component_loquat loquat_component_testing loquat_component_tls
                                    loquat_component_http)
if(TARGET loquat)
  add_dependencies(installed loquat)
endif()

configure_file(packaging/loquat.3.in man/loquat.3 @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/man/loquat.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT dev)

string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/changelog.Debian.in changelog.Debian @ONLY)
set(package_lib libloquat0)
set(package_dev libloquat-dev)
set(package_command loquat)
foreach(component lib dev command)
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${package_${component}})
  install(FILES LICENSE DESTINATION ${doc} COMPONENT ${component} RENAME copyright)
  install(FILES CHANGELOG.md DESTINATION ${doc} COMPONENT ${component})
  install(FILES ${PROJECT_BINARY_DIR}/changelog.Debian DESTINATION ${doc} COMPONENT ${component} RENAME changelog)
endforeach()
if(PROJECT_IS_TOP_LEVEL)
  include(cmake/Packages.cmake)
endif()
