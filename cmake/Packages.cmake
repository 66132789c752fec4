# The Debian packages: `./dev package`, which is cpack.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME loquat)
set(CPACK_PACKAGE_CONTACT "The Loquat authors <loquat@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/before_packing.cmake)
set(CPACK_COMPONENTS_ALL lib dev command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

set(CPACK_DEBIAN_LIB_PACKAGE_NAME ${package_lib})
set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/triggers)
set(CPACK_DEBIAN_LIB_DESCRIPTION "sockets with Python's names, for C and other languages
The shared library of loquat.h: connect, accept, send and receive with
absolute deadlines, in threads or in fibers, on epoll or io_uring.")

# What a program needs to be linked with the sockets.
set(CPACK_DEBIAN_DEV_PACKAGE_NAME ${package_dev})
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${package_lib} (= ${PROJECT_VERSION}), liburing-dev")
if(LOQUAT_JUMPS_WITH_BOOST)
  string(APPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS ", libboost-context-dev")
endif()
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libwslay-dev, zlib1g-dev, libssl-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "C++20 sockets with Python's names, on fibers
A blocking call blocks the fiber, not the thread. Headers, libraries and
files for CMake and pkg-config. The component http also needs
libwslay-dev and zlib1g-dev, the component tls libssl-dev.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME ${package_command})
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "chat server for browsers, IRC clients and netcat on one port
A chat server for a class, a lab or a LAN, a terminal client, and a TCP
microscope. No line is shown before it is on disk. Start the server with
`loquat serve`, or as a systemd service.")
include(CPack)
