// main.cc - bench_load KIND --to 127.0.0.1:PORT ...; see the kinds in their files.
#include <sys/resource.h>

#include <cstdio>
#include <cstring>

#include "load.h"

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  const std::string_view kind = argc > 1 ? argv[1] : "";
  const load::Arguments arguments(argc - 2, argv + 2);
  if (kind == "exchange") {
    load::exchange(arguments);
  } else if (kind == "members") {
    load::members(arguments);
  } else if (kind == "lines") {
    load::lines(arguments);
  } else if (kind == "bursts") {
    load::bursts(arguments);
  } else if (kind == "idle") {
    load::idle(arguments);
  } else {
    load::fail("usage: bench_load exchange|members|lines|bursts|idle --to HOST:PORT ...");
  }
}
