"""Programs that link with the installed library, where no third-party header can be found."""
import concurrent.futures
import os
import re
import socket
import subprocess

import sources
from listening import listening_port
from packages import ROOT, run
from readme import echo_program

# The libraries that a C++ program with sockets may need.
ALLOWED = re.compile(r"(liburing|libstdc\+\+|libgcc_s|libc|libm|ld-linux-[a-z0-9-]+)\.so\.\d+")

SIMULATED = """\
#include <loquat/fiber.h>
#include <loquat/socket.h>
#include <loquat/testing.h>

int main() {
  std::string got;
  const auto began = std::chrono::steady_clock::now();
  loquat::testing::simulate(7, [&] {
    auto server = loquat::create_server({"127.0.0.1", 0});
    auto echo = loquat::spawn([&] {
      auto peer = server.accept();
      for (std::string data; !(data = peer.recv(512)).empty();) peer.sendall(data);
    });
    auto client = loquat::create_connection("127.0.0.1", server.getsockname().port());
    loquat::sleep(std::chrono::minutes(1));
    client.sendall("a minute later");
    while (got.size() < 14) got += client.recv(512);
    client.close();
    echo.join();
  });
  return got == "a minute later" && std::chrono::steady_clock::now() - began < std::chrono::seconds(30) ? 0 : 1;
}
"""

TLS = """\
#include <loquat/tls.h>
int main() try {
  loquat::create_default_context().wrap_socket(loquat::Socket(), {.server_hostname = "localhost"});
  return 1;
} catch (const loquat::OSError&) {
  return 0;  // this socket is not open
}
"""

IN_C = """\
#include <loquat/loquat.h>
int main(void) {
  loquat_socket* s;
  if (loquat_socket_new(AF_INET, SOCK_STREAM, 0, &s) != 0 || loquat_fileno(s) < 0) return 1;
  const int closed = loquat_close(s);
  loquat_free(s);
  return closed;
}
"""

# The warnings that strict users compile with, for our headers, too.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
HIDDEN = ["sqlite3.h", "pcap.h", "wslay/wslay.h", "zlib.h", "openssl/ssl.h", "boost/version.hpp", "liburing.h", "gtest/gtest.h", "node/node.h"]


def echo_source(tree):
    source = tree.folder / "echo.cc"
    source.write_text(echo_program(ROOT))
    return source


def with_pkg_config(tree, compiler, source, package="loquat", standard="c++20"):
    program = tree.folder / f"{source.stem}-{compiler}-{standard}"
    flags = run(["pkg-config", "--cflags", "--libs", package], env=tree.environment()).split()
    run([compiler, f"-std={standard}", *WARNINGS, *tree.flags(compiler), source, *flags, "-o", program])
    return program


def with_cmake(tree, compiler, source, standard="20"):
    project = tree.folder / f"project-{compiler}-{standard}"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(Echo LANGUAGES CXX)\n"
        "find_package(Loquat 0.2 REQUIRED COMPONENTS loquat)\n"
        f"add_executable(echo {source})\ntarget_compile_options(echo PRIVATE {' '.join(WARNINGS)})\ntarget_link_libraries(echo PRIVATE Loquat::loquat)\n")
    run(["cmake", "-G", "Ninja", "-S", project, "-B", project / "build", f"-DCMAKE_CXX_COMPILER={compiler}",
         f"-DCMAKE_PREFIX_PATH={tree.usr}", f"-DCMAKE_CXX_STANDARD={standard}",
         "-DCMAKE_CXX_FLAGS=" + " ".join(tree.flags(compiler))], env=tree.environment())
    run(["cmake", "--build", project / "build"], env=tree.environment())
    return project / "build/echo"


def needed(program):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "--dynamic", program]))


def echoes(tree, program):
    with subprocess.Popen([program], env=tree.environment()) as server:
        try:
            with socket.create_connection(("127.0.0.1", listening_port(lambda: [server.pid])), timeout=20) as client:
                client.sendall(b"ping")
                assert client.recv(512) == b"ping"
        finally:
            server.kill()


def check_echo(tree, program):
    strange = [name for name in needed(program) if not ALLOWED.fullmatch(name)]
    assert not strange, strange
    echoes(tree, program)


def no_header_of_others_is_visible(tree):
    for header in HIDDEN:
        tried = subprocess.run(["g++", *tree.flags("g++"), "-fsyntax-only", "-xc++", "-"], input=f"#include <{header}>\n",
                               capture_output=True, text=True)
        assert tried.returncode != 0 and "No such file" in tried.stderr, f"{header} is visible: {tried.stderr}"


def echo_server_with_gcc_and_cmake(tree):
    for standard in ("20", "23"):
        check_echo(tree, with_cmake(tree, "g++", echo_source(tree), standard))


def echo_server_with_clang_and_cmake(tree):
    for standard in ("20", "23"):
        check_echo(tree, with_cmake(tree, "clang++", echo_source(tree), standard))


def echo_server_with_gcc_and_pkg_config(tree):
    for standard in ("c++20", "c++2b"):
        check_echo(tree, with_pkg_config(tree, "g++", echo_source(tree), standard=standard))


def echo_server_with_clang_and_pkg_config(tree):
    for standard in ("c++20", "c++2b"):
        check_echo(tree, with_pkg_config(tree, "clang++", echo_source(tree), standard=standard))


def echo_server_with_sources_in_a_folder(tree):
    sources.taken_from_a_folder(tree, lambda program: echoes(tree, program))


def echo_server_with_sources_in_an_archive(tree):
    sources.taken_from_an_archive(tree, lambda program: echoes(tree, program), IN_C)


def simulation_with_clang(tree):
    source = tree.folder / "simulated.cc"
    source.write_text(SIMULATED)
    run([with_pkg_config(tree, "clang++", source, "loquat-testing")])


def web_server_with_the_component_http(tree):
    program = with_pkg_config(tree, "g++", ROOT / "examples/06_web_server.cc", "loquat-http")
    assert not [name for name in needed(program) if not ALLOWED.fullmatch(name) and not name.startswith(("libwslay", "libz."))]


def program_with_the_component_tls(tree):
    source = tree.folder / "tls.cc"
    source.write_text(TLS)
    program = with_pkg_config(tree, "g++", source, "loquat-tls")
    assert {name for name in needed(program) if not ALLOWED.fullmatch(name)} == {"libssl.so.3", "libcrypto.so.3"}
    run([program], env=tree.environment())


def program_in_c(tree):
    source = tree.folder / "in_c.c"
    source.write_text(IN_C)
    program = with_pkg_config(tree, "gcc", source, "loquat-capi", "c11")
    assert "libloquat.so.0" in needed(program)
    run([program], env=tree.environment())


def an_unknown_component_is_refused(tree):
    project = tree.folder / "unknown"
    project.mkdir()
    (project / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(Unknown LANGUAGES CXX)\n"
                                            "find_package(Loquat REQUIRED COMPONENTS loquat medlar)\n")
    tried = subprocess.run(["cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={tree.usr}"],
                           capture_output=True, text=True)
    assert tried.returncode != 0 and "medlar" in tried.stderr, tried.stderr


def complaint(tree, headers, compiler, *options):
    included = [word for header in headers for word in ("-include", header)]
    tried = subprocess.run([compiler, *options, "-fsyntax-only", *WARNINGS, *tree.flags(compiler), f"-I{tree.usr}/include",
                            *included, "-xc++", "/dev/null"], capture_output=True, text=True)
    return tried.stderr if tried.returncode else ""


def every_header_compiles_alone_with_clang(tree):
    headers = sorted((tree.usr / "include").rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [text for text in pool.map(lambda header: complaint(tree, [header], "clang++", "-std=c++20"), headers) if text]
    assert not wrong, "\n".join(wrong)


def all_headers_compile_together_without_warnings(tree):
    headers = sorted((tree.usr / "include").rglob("*.h"))
    for options in (["-std=c++20"], ["-std=c++2b"], ["-std=c++20", "-fno-rtti"]):
        for compiler in ("g++", "clang++"):
            text = complaint(tree, headers, compiler, *options)
            assert not text, text


def the_shared_library_exports_the_c_abi_alone(tree):
    names = [line.split()[-1] for line in
             run(["nm", "--dynamic", "--defined-only", tree.libraries / "libloquat.so.0"]).splitlines()]
    assert names and all(name == "LOQUAT_0" or re.fullmatch(r"loquat_\w+@@LOQUAT_0", name) for name in names), names


def the_manual_page_names_every_header_and_its_synopsis_compiles(tree):
    page = (ROOT / "packaging/loquat.3.in").read_text()
    headers = {path.name for path in (tree.usr / "include/loquat").glob("*.h")}
    assert headers <= set(re.findall(r"\w+\.h", page.replace("\\fP", " "))), headers
    lines = re.findall(r"^\.B (.*)$", page.split(".SH DESCRIPTION")[0], re.M)
    calls = [line.replace("...", "") for line in lines if not line.startswith("#")]
    source = tree.folder / "synopsis.cc"
    source.write_text("\n".join([*(line for line in lines if line.startswith("#")), "int main() {", *calls, "}", ""]))
    with_pkg_config(tree, "g++", source)


CHECKS = [no_header_of_others_is_visible, the_manual_page_names_every_header_and_its_synopsis_compiles,
          echo_server_with_gcc_and_cmake, echo_server_with_clang_and_cmake,
          echo_server_with_gcc_and_pkg_config, echo_server_with_clang_and_pkg_config,
          echo_server_with_sources_in_a_folder, echo_server_with_sources_in_an_archive, simulation_with_clang,
          web_server_with_the_component_http, program_with_the_component_tls, program_in_c, an_unknown_component_is_refused,
          every_header_compiles_alone_with_clang, all_headers_compile_together_without_warnings,
          the_shared_library_exports_the_c_abi_alone]
