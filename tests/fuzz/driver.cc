// driver.cc - runs one fuzz target without libFuzzer, on seeded mutations of a corpus. Any compiler can build it.
//
//   NAME_fuzz [--runs N] [--seed S] [--first K] [--corpus DIR] [--dict FILE] [FILE...]
//
// Prints the seed. Run K of a seed always has the same input, so a failure prints a command that repeats it. If FILEs
// are given, it runs only these, unchanged.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace {

struct Options {
  std::uint64_t runs = 20000;
  std::uint64_t seed = std::random_device()();
  std::uint64_t first = 0;
  std::string corpus, dict;
  std::vector<std::string> files;
};

using Rng = std::mt19937_64;

std::uint64_t g_seed = 0, g_run = 0;

void tell_how_to_repeat() {
  char line[160];
  const int n = std::snprintf(line, sizeof line, "repeat with: --seed %llu --first %llu --runs 1\n",
                              static_cast<unsigned long long>(g_seed), static_cast<unsigned long long>(g_run));
  if (write(STDERR_FILENO, line, static_cast<std::size_t>(n)) < 0) _exit(1);
}

void on_signal(int number) {
  tell_how_to_repeat();
  signal(number, SIG_DFL);
  raise(number);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// The tokens of a libFuzzer dictionary: lines of name="token", with \xNN, \\ and \" inside.
std::vector<std::string> read_dict(const std::string& path) {
  std::vector<std::string> tokens;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t open = line.find('"'), close = line.rfind('"');
    if (line.starts_with('#') || open == std::string::npos || close == open) continue;
    std::string token;
    for (std::size_t i = open + 1; i < close; ++i) {
      if (line[i] == '\\' && line[i + 1] == 'x') {
        token += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
        i += 3;
      } else {
        token += line[i] == '\\' ? line[++i] : line[i];
      }
    }
    tokens.push_back(token);
  }
  return tokens;
}

std::size_t below(Rng& rng, std::size_t n) { return n == 0 ? 0 : rng() % n; }

void mutate(std::string& s, Rng& rng, const std::vector<std::string>& corpus, const std::vector<std::string>& dict) {
  static constexpr char awkward_bytes[] = {'\0', '\r',   '\n',   ' ',    '\t',   ':',    ';',    ',',
                                           '@',  '\x7f', '\x80', '\xC2', '\xE2', '\xF0', '\xFF', '0'};
  const std::size_t at = below(rng, s.size() + 1);
  const std::size_t span = std::min(1 + below(rng, 16), s.size() - at);
  switch (below(rng, 8)) {
    case 0:
      if (at < s.size()) s[at] = static_cast<char>(s[at] ^ (1 << below(rng, 8)));
      break;
    case 1:
      if (at < s.size()) s[at] = awkward_bytes[below(rng, sizeof awkward_bytes)];
      break;
    case 2:
      s.insert(at, 1, awkward_bytes[below(rng, sizeof awkward_bytes)]);
      break;
    case 3:
      s.erase(at, span);
      break;
    case 4:
      s.insert(at, s.substr(at, span));
      break;
    case 5:
      if (!dict.empty()) s.insert(at, dict[below(rng, dict.size())]);
      break;
    case 6: {
      const std::string& other = corpus[below(rng, corpus.size())];
      s = s.substr(0, at) + other.substr(below(rng, other.size() + 1));
      break;
    }
    default:
      if (below(rng, 8) == 0)
        s.insert(at, std::string(1 + below(rng, 9000), "a \r1"[below(rng, 4)]));
      else
        s.insert(at, 1, static_cast<char>(rng()));
  }
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const bool value = i + 1 < argc;
    if (arg == "--runs" && value)
      o.runs = std::stoull(argv[++i]);
    else if (arg == "--seed" && value)
      o.seed = std::stoull(argv[++i]);
    else if (arg == "--first" && value)
      o.first = std::stoull(argv[++i]);
    else if (arg == "--corpus" && value)
      o.corpus = argv[++i];
    else if (arg == "--dict" && value)
      o.dict = argv[++i];
    else
      o.files.push_back(arg);
  }
  return o;
}

void run(const std::string& input) {
  // A copy of the input's exact size, so that ASan detects a read past its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  const Options o = parse(argc, argv);
  for (const std::string& file : o.files) run(read_file(file));
  if (!o.files.empty()) return 0;

  std::vector<std::string> corpus;
  if (!o.corpus.empty()) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(o.corpus)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) corpus.push_back(read_file(path));
  }
  if (corpus.empty()) corpus.emplace_back();
  const std::vector<std::string> dict = o.dict.empty() ? std::vector<std::string>() : read_dict(o.dict);

  g_seed = o.seed;
  std::printf("seed %llu, %zu in the corpus, %zu in the dictionary\n", static_cast<unsigned long long>(g_seed),
              corpus.size(), dict.size());
  std::fflush(stdout);
  for (int number : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS}) signal(number, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(tell_how_to_repeat);
  for (g_run = o.first; g_run < o.first + o.runs; ++g_run) {
    Rng rng(g_seed * 0x9E3779B97F4A7C15u + g_run);
    std::string input = corpus[g_run < corpus.size() ? g_run : below(rng, corpus.size())];
    if (g_run >= corpus.size()) {
      for (std::size_t n = 1 + below(rng, 8); n > 0; --n) mutate(input, rng, corpus, dict);
    }
    run(input);
  }
  std::printf("%llu runs\n", static_cast<unsigned long long>(o.runs));
}
