// print.h - sockets and verdicts for people.
//
// Outside text (a program's name) is escaped. Colour is used only on a terminal, and not if NO_COLOR is set.
#pragma once

#include <string>
#include <vector>

#include "wire/text/language.h"
#include "wire/why/why.h"

namespace loquat::tool {

void print_table_head();
void print_table_line(const wire::kernel::SocketFacts& socket, const std::vector<wire::kernel::Owner>& owners,
                      const wire::Verdict& verdict);
// `title`, then verdict, evidence, other causes and what to do.
void print_verdict(const std::string& title, const wire::Verdict& verdict, wire::Language language);
// "127.0.0.1:40000 -> 127.0.0.1:80  ESTABLISHED  python3 (4242)"
std::string title_of(const wire::Observation& seen);

}  // namespace loquat::tool
