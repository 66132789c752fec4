// usage_error.h - what is wrong with a command line, for who has typed it.
#pragma once

#include <string>

#include "wire/text/language.h"

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace loquat::tool {

// Lines that end with "\n": the fault, and which --help says more.
std::string usage_error(const CLI::App& root, const CLI::Error& error, wire::Language language);

// The language that `--lang` asks for, wherever it stands, else the environment's: help is formatted before options are
// read.
wire::Language asked_language(int argc, const char* const* argv);

}  // namespace loquat::tool
