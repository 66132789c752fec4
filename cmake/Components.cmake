# What C++ programs link: components of the installed library, each made of whole layers.
#
#   loquat_component(NAME LAYERS LAYER... [NEEDS COMPONENT...])
#
# makes the archive libloquat++-NAME.a (libloquat++.a for the component loquat) out of the layers' object files, the target
# Loquat::NAME for find_package(Loquat COMPONENTS NAME), and loquat-NAME.pc (loquat.pc) for pkg-config. Third-party libraries
# are those that loquat_uses() gives the layers. Why archives: docs/adr/0005-archives-for-cxx.md.

function(loquat_component name)
  cmake_parse_arguments(PARSE_ARGV 1 this "" "" "LAYERS;NEEDS")
  string(REPLACE "-loquat" "" suffix "-${name}")
  set(target component_${name})
  set(uses "")
  foreach(layer IN LISTS this_LAYERS)
    list(APPEND objects $<TARGET_OBJECTS:loquat_${layer}>)
    get_property(of_layer GLOBAL PROPERTY loquat_uses_${layer})
    list(APPEND uses ${of_layer})
  endforeach()
  set(needs ${this_NEEDS})
  list(TRANSFORM needs PREPEND component_)
  add_library(${target} STATIC ${objects})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME "loquat++${suffix}" EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_link_libraries(${target} INTERFACE ${needs} ${uses} Threads::Threads)
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
  configure_file(${CMAKE_SOURCE_DIR}/cmake/loquat.pc.in ${CMAKE_BINARY_DIR}/pkgconfig/loquat${suffix}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/pkgconfig/loquat${suffix}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endfunction()
