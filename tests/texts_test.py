#!/usr/bin/env python3
"""Checks the catalog of texts, src/wire/text/texts.def, then itself.

  1. A text has English and Chinese, without spaces at either end or two in a row.
  2. Beside a Chinese character stands full-width punctuation, and the Chinese ends as the English does.
  3. Code uses each text, and the decoder has a field for each label.
  4. No other C++ code of wire, the microscope or the command holds Chinese; tests may, and what NOT_YET names.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOG = "src/wire/text/texts.def"
CODE = ("src/wire", "src/microscope", "tools")
STRING = r'"((?:[^"\\]|\\.)*)"'
TEXT = re.compile(rf"^TEXT\((\w+),\s*{STRING},\s*{STRING}\)$", re.M)
LABEL = re.compile(rf"^LABEL\({STRING}, {STRING}\)$", re.M)
HAN = "[\u3400-\u9fff]"
HALF_WIDTH = re.compile(rf"{HAN} ?[,;:!?(]|{HAN} ?[.)]|[,;:!?)]{HAN}|[,;:!?(] {HAN}|\({HAN}|\.\. ?{HAN}")
ENDS = {".": "。", "?": "？", ":": "：", "!": "！", ";": "；"}
NOT_YET = ("tools/loquat/demo.cc",)


def problems_of(name, en, zh):
    """The faults of one text."""
    for language, text in (("English", en), ("Chinese", zh)):
        if not text.strip():
            yield f"{name}: no {language}"
        if "  " in text.strip() or text != text.strip():
            yield f"{name}: a space too many in the {language}"
    if found := HALF_WIDTH.search(zh):
        yield f"{name}: half-width punctuation in the Chinese: {found[0]}"
    if re.search(HAN, zh) and ENDS.get(en[-1:], "") != (zh[-1:] if zh[-1:] in ENDS.values() else ""):
        yield f"{name}: the languages end differently: {en[-1:]} {zh[-1:]}"


def problems_of_catalog(catalog, code, decoder):
    """The faults of a catalog, given the text of all code and of the decoder."""
    texts, labels = TEXT.findall(catalog), LABEL.findall(catalog)
    if len(texts + labels) != len(re.findall(r"^(?:TEXT|LABEL)\(", catalog, re.M)):
        yield f"only {len(texts + labels)} texts can be read"
    used = set(re.findall(r"\btexts::(\w+)", code))
    for name, en, zh in texts:
        yield from problems_of(name, en, zh)
        if name not in used:
            yield f"{name}: no code uses it"
    for en, zh in labels:
        yield from problems_of(en, en, zh)
        if f'"{en}"' not in decoder:
            yield f"{en}: the decoder has no such field"


def files(*parts):
    return [file for part in parts for file in sorted((ROOT / part).rglob("*")) if file.suffix in (".cc", ".h")]


def stray_chinese(path, text):
    """The lines outside of the catalog that contain Chinese."""
    if re.search(r"(_test|test_)", path.name) or str(path).startswith(NOT_YET):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(HAN, line.split("//")[0]):
            yield f"{path}:{number}: Chinese stands in {CATALOG}"


GOOD = 'TEXT(lost, "{0} is lost.", "{0} 丢失了。")\nLABEL("Port", "端口")\n'
PLANTS = [  # (catalog, what the check must say)
    ('TEXT(lost, "", "丢失。")\n', "no English"),
    ('TEXT(lost, "lost", "")\n', "no Chinese"),
    ('TEXT(lost, "lost ", "丢失")\n', "a space too many"),
    ('TEXT(lost, "it is  lost", "丢失")\n', "a space too many"),
    ('TEXT(lost, "lost, it is", "丢失,是")\n', "half-width"),
    ('TEXT(lost, "lost (here)", "丢失 (这里)")\n', "half-width"),
    ('TEXT(lost, "lost: here", "丢失: 这里")\n', "half-width"),
    ('TEXT(lost, "lost: {0}", "{0}, 丢失")\n', "half-width"),
    ('TEXT(lost, "lost (here)", "lost(这里 1)")\n', "half-width"),
    ('TEXT(lost, "lost (here)", "lost(1 处)")\n', "half-width"),
    ('TEXT(lost, "... lost", "... 丢失")\n', "half-width"),
    ('TEXT(lost, "It is lost.", "丢失了")\n', "end differently"),
    ('TEXT(lost, "lost", "丢失。")\n', "end differently"),
    ('TEXT(lost, "lost")\n', "only 0 texts"),
    ('TEXT(unused, "lost", "丢失")\n', "no code uses it"),
    ('LABEL("Port", "端口:号")\n', "half-width"),
    ('LABEL("Ports", "端口")\n', "no such field"),
]


def missed_plants():
    missed = [f"self-test: {plant.strip()} went unnoticed" for plant, expected in PLANTS
              if not any(expected in problem for problem in problems_of_catalog(plant, "texts::lost", '"Port"'))]
    missed += [f"self-test: {problem}" for problem in problems_of_catalog(GOOD, "texts::lost", '"Port"')]
    if not list(stray_chinese(pathlib.Path("src/wire/why/planted.cc"), 'say("丢失");')):
        missed.append("self-test: Chinese in code went unnoticed")
    return missed


def main():
    code = {file.relative_to(ROOT): file.read_text() for file in files(*CODE)}
    decoder = "\n".join(file.read_text() for file in files("src/codec") if not file.stem.endswith("_test"))
    catalog = (ROOT / CATALOG).read_text()
    problems = list(problems_of_catalog(catalog, "\n".join(code.values()), decoder))
    for path, text in code.items():
        problems += stray_chinese(path, text)
    problems += missed_plants()
    print(*problems, f"{len(TEXT.findall(catalog))} texts, {len(LABEL.findall(catalog))} labels, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
