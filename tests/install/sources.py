"""A project that uses the sources with FetchContent gets the library and is otherwise unchanged."""
import subprocess
import tarfile

from packages import ROOT, run
from readme import echo_program

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(Parent VERSION 2.0 LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD @standard@)
set(CMAKE_CXX_EXTENSIONS OFF)
find_package(Threads REQUIRED)
enable_testing()

include(FetchContent)
get_cmake_property(names VARIABLES)
list(FILTER names INCLUDE REGEX "^(CMAKE|CPACK|BUILD|CTEST|PROJECT)_")
foreach(name IN LISTS names)
  set(before_${name} "${${name}}")
endforeach()

FetchContent_Declare(Loquat @from@)
FetchContent_MakeAvailable(Loquat)

get_cmake_property(names VARIABLES)
list(FILTER names INCLUDE REGEX "^(CMAKE|CPACK|BUILD|CTEST|PROJECT)_")
foreach(name IN LISTS names)
  if(NOT DEFINED before_${name} OR NOT before_${name} STREQUAL ${name})
    message(SEND_ERROR "${name} was changed from '${before_${name}}' to '${${name}}'")
  endif()
endforeach()
foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS LINK_OPTIONS INCLUDE_DIRECTORIES)
  get_directory_property(value ${property})
  if(value)
    message(SEND_ERROR "${property} of the parent is '${value}' now")
  endif()
endforeach()
foreach(target loquat testing tls http capi)
  if(NOT TARGET Loquat::${target})
    message(FATAL_ERROR "there is no Loquat::${target}")
  endif()
endforeach()
add_executable(echo echo.cc)
target_compile_options(echo PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
target_link_libraries(echo PRIVATE @linked@)
add_executable(in_c EXCLUDE_FROM_ALL in_c.c)
target_link_libraries(in_c PRIVATE Loquat::capi)
add_test(NAME parent COMMAND echo)
install(TARGETS echo)
"""

# Installed here, but the library must not need it.
WITHOUT = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in
           ("nlohmann_json", "CLI11", "spdlog", "fmt", "GTest", "ZLIB", "PkgConfig", "Python3", "Python")]


def our_files():
    names = run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    return [name for name in names.split("\0") if name and (ROOT / name).is_file()]


def archive(folder):
    """The sources as downloaded, without a built page."""
    file = folder / "loquat.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for name in our_files():
            tar.add(ROOT / name, f"loquat/{name}")
    return file


def parent(tree, name, compiler, standard, from_, linked="Loquat::loquat"):
    """Configures and builds a project with the library in it; returns its folder."""
    project = tree.folder / name
    project.mkdir()
    (project / "echo.cc").write_text(echo_program(ROOT))
    (project / "in_c.c").write_text("")
    (project / "CMakeLists.txt").write_text(
        PROJECT.replace("@standard@", standard).replace("@from@", from_).replace("@linked@", linked))
    clean = tree.environment()
    run(["cmake", "-G", "Ninja", "-S", project, "-B", project / "build", f"-DCMAKE_CXX_COMPILER={compiler}",
         "-DCMAKE_UNITY_BUILD=ON", *WITHOUT], env=clean)
    run(["cmake", "--build", project / "build"], env=clean)
    return project


def check_parent(project, echoes):
    build = project / "build"
    echoes(build / "echo")
    built = {line.split(":")[0] for line in run(["ninja", "-C", build, "-t", "targets", "all"]).splitlines()}
    assert not [name for name in built if "loquat_wire" in name or "loquat_doors" in name or name.endswith("_test")], built
    run(["cmake", "--install", build, "--prefix", project / "installed"])
    installed = [str(path.relative_to(project / "installed")) for path in (project / "installed").rglob("*") if path.is_file()]
    assert installed == ["bin/echo"], installed
    listed = run(["ctest", "--test-dir", build, "--show-only"])
    assert "Total Tests: 1\n" in listed, listed
    assert not (build / "CPackConfig.cmake").exists()


def taken_from_a_folder(tree, echoes):
    project = parent(tree, "from-folder", "g++", "20", f"SOURCE_DIR {ROOT}")
    check_parent(project, echoes)
    archives = {path.name for path in project.rglob("libloquat++*.a")}
    assert archives == {"libloquat++.a"}, f"more is built than is linked: {archives}"


def taken_from_an_archive(tree, echoes, in_c):
    project = parent(tree, "from-archive", "clang++", "23", f"URL file://{archive(tree.folder)}",
                     "Loquat::loquat Loquat::testing Loquat::tls Loquat::http")
    check_parent(project, echoes)
    (project / "in_c.c").write_text(in_c)
    run(["cmake", "--build", project / "build", "--target", "in_c"], env=tree.environment())
    run([project / "build/in_c"])
