# Compiler and sanitizer options that hold for every target.
find_package(Threads REQUIRED)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Werror=return-type -Werror=unused-result
                    -fno-omit-frame-pointer -fstack-clash-protection
                    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)  # what a failed fiber's log names is no folder of this machine
add_compile_definitions(_GNU_SOURCE)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=stack-clash-protection-guard-size=12)  # g++ assumes guards of 64 KiB there; ours are a page
endif()

if(LOQUAT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(LOQUAT_BOOST_CONTEXT)  # so that both of src/sched/stack/jump.h are tested
elseif(LOQUAT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT LOQUAT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "LOQUAT_SANITIZE is '${LOQUAT_SANITIZE}'; it may be empty, 'address' or 'thread'")
endif()

include(CheckCXXSymbolExists)
set(CMAKE_REQUIRED_INCLUDES ${PROJECT_SOURCE_DIR}/src)
if(LOQUAT_SANITIZE STREQUAL "address")
  set(CMAKE_REQUIRED_DEFINITIONS -DLOQUAT_BOOST_CONTEXT)
endif()
check_cxx_symbol_exists(LOQUAT_BOOST_JUMP sched/stack/jump.h LOQUAT_JUMPS_WITH_BOOST)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_DEFINITIONS)

find_program(LOQUAT_CCACHE ccache)
if(LOQUAT_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_C_COMPILER_LAUNCHER ${LOQUAT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LOQUAT_CCACHE})
endif()

if(LOQUAT_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
