// print.h - sockets and verdicts for people.
//
// Nothing from outside (a program's name) reaches the terminal unescaped. Colour only on a terminal, and not if
// NO_COLOR is set.
#pragma once

#include <string>
#include <vector>

#include "wire/text/language.h"
#include "wire/why/why.h"

namespace loquat::tool {

struct Judged {
  wire::Seen seen;
  wire::Verdict verdict;
};

// A line for each, the worst first.
void print_table(const std::vector<Judged>& all, wire::Language language);
// One socket, or `title`: verdict, evidence, what else it could be, what to do.
void print_verdict(const std::string& title, const wire::Verdict& verdict, wire::Language language);
// "127.0.0.1:40000 -> 127.0.0.1:80  ESTABLISHED  python3 (4242)"
std::string title_of(const wire::Seen& seen);

}  // namespace loquat::tool
