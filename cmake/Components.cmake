# What C++ programs link: components of the installed library, each made of whole layers.
#
#   loquat_component(NAME LAYERS LAYER... [NEEDS COMPONENT...])
#
# makes the archive libloquat++-NAME.a (libloquat++.a for the component loquat) out of the layers' object files, and the
# target Loquat::NAME. With LOQUAT_INSTALL it is installed, for find_package(Loquat COMPONENTS NAME) and, by loquat-NAME.pc
# (loquat.pc), for pkg-config. Third-party libraries are those that loquat_uses() gives the layers. Why archives:
# docs/adr/0005-archives-for-cxx.md.

if(LOQUAT_INSTALL)
  # Debian's folder for libraries under every prefix, so that one build serves /usr, /usr/local and a prefix of one's own.
  if(CMAKE_LIBRARY_ARCHITECTURE AND EXISTS /etc/debian_version)
    set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE} CACHE PATH "where libraries are installed")
  endif()
  include(GNUInstallDirs)
endif()

function(loquat_component name)
  cmake_parse_arguments(PARSE_ARGV 1 this "" "" "LAYERS;NEEDS")
  set(target loquat_component_${name})
  string(REPLACE "-loquat" "" suffix "-${name}")
  set(uses "")
  foreach(layer IN LISTS this_LAYERS)
    list(APPEND objects $<TARGET_OBJECTS:loquat_${layer}>)
    get_property(of_layer GLOBAL PROPERTY loquat_uses_${layer})
    list(APPEND uses ${of_layer})
  endforeach()
  set(needs ${this_NEEDS})
  list(TRANSFORM needs PREPEND loquat_component_)
  add_library(${target} STATIC ${objects})
  add_library(Loquat::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME "loquat++${suffix}" EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(${target} INTERFACE ${needs} ${uses} Threads::Threads)
  if(NOT LOQUAT_INSTALL)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  install(TARGETS ${target} EXPORT LoquatTargets COMPONENT dev INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  list(TRANSFORM uses PREPEND -l)
  list(JOIN this_LAYERS ", " layers)
  loquat_pkg_config("${suffix}" "sockets for C++20: ${layers}" "-lloquat++${suffix};${uses}" ${this_NEEDS})
endfunction()

# loquat_pkg_config(SUFFIX DESCRIPTION FLAGS COMPONENT...): loquat<SUFFIX>.pc, which finds its prefix by itself and
# requires the components.
function(loquat_pkg_config suffix description flags)
  set(requires ${ARGN})
  list(TRANSFORM requires PREPEND loquat-)
  string(REPLACE "loquat-loquat" "loquat" requires "${requires}")
  list(JOIN requires " " requires)
  list(JOIN flags " " flags)
  set(up ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  string(REGEX REPLACE "[^/]+" ".." up ${up})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/loquat.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/loquat${suffix}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/loquat${suffix}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endfunction()
