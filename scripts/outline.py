"""What a C++ or Python file declares, for scripts/limits.

C++ is read by its brackets, not compiled: what macros make is not seen, and a lambda is part of the function around it.
"""

import ast
import collections
import re

NOISE = re.compile(r'R"([^ ()\\]*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|(?<!\w)\'(?:[^\'\\\n]|\\.)+\''  # strings, characters
                   r"|//[^\n]*|/\*.*?\*/", re.S)  # and comments
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.S | re.M)
OPERATOR = re.compile(r"\boperator *(?:\(\)|\[\]|[^\s\w(]+)")
NO_NAME = re.compile(r"\[\[.*?\]\]|\b(?:alignas|decltype|explicit|noexcept|requires|static_assert|__\w+) *"
                     r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", re.S)  # attributes, and words with what they take
SCOPES = ("scope", "struct", "union")
Item = collections.namedtuple("Item", "kind name start stop parameters")


def blank(text, hidden):
    """The text with spaces for what matches `hidden`; lines and columns stay."""
    return hidden.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def flat(text):
    """The text without attributes and what stands in angle brackets, which touch the word before them."""
    text = blank(text.replace("->", "  ").replace("template <", "template_<"), NO_NAME)
    while (less := re.sub(r"(?<=\w)<[^<>]*>", lambda match: "_" * len(match[0]), text)) != text:
        text = less
    return text


def declared(text):
    """(kind, span of the name, parameters) of what `text`, up to its brace or semicolon, declares."""
    name = re.search(r"(?<![\w:~])(?!void\b)([\w:~]+) *\((?!\*)", text)
    if name and "=" not in text[:name.start()]:
        depth, commas = 1, 0
        for at in range(name.end(), len(text)):
            depth += (text[at] in "([{") - (text[at] in ")]}")
            commas += text[at] == "," and depth == 1
            if depth == 0:  # what follows may be a member in the list of a constructor
                member = re.match(r"\s*:(?!:).*\w\s*$", text[at + 1:], re.S) or text.count("(") != text.count(")")
                none = text[name.end():at].strip() in ("", "void")
                return "" if member else "function", name.span(1), 0 if none else commas + 1
    elif name := re.search(r"\b(class|struct|union|enum)\s+(?:class\s+)?(\w+)[^()=]*$", text):
        return name[1].replace("class", "struct"), name.span(2), 0
    return "scope" if re.search(r"\bnamespace\b|\bextern\b", text) else "", (0, 0), 0


def cpp(text):
    """The functions and types of C++ text without comments and strings, but for those in the bodies of functions."""
    text = OPERATOR.sub(lambda match: "operator" + "_" * (len(match[0]) - 8), blank(text, DIRECTIVE))
    items, stack, start = [], [], 0
    for match in re.finditer(r"[{};]", text):
        mark, stop = match[0], match.end()
        read = not stack or stack[-1].kind in SCOPES
        if mark == "}":
            begin, item = stack[-1].stop, stack.pop()._replace(stop=stop)
            if item.kind in ("", "enum"):  # values in a statement that goes on
                text = text[:begin] + " " * (match.start() - begin) + text[match.start():]
        else:
            head = flat(text[start:match.start()])
            kind, (first, last), count = declared(head) if read else ("", (0, 0), 0)
            outer = [item.name.split("::")[-1] for item in stack if item.kind in ("struct", "union")]
            name = "::".join([*outer, re.sub("_{3,}", "", head[first:last])]) if last and kind else ""
            item = Item(kind, name, start + first, stop, count)
        if mark == "{":
            stack.append(item)
        elif item.name and (mark == "}" or item.kind == "function"):
            items.append(item)
        if {";": read, "{": item.kind in SCOPES, "}": item.kind not in ("", "enum")}[mark]:
            start = stop
    return items


def python(text):
    """The functions of a Python file, with their parameters where users do not call them."""
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [arg.arg for arg in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            count = len(set(names) - {"self", "cls"}) if re.match("_(?!_)", node.name) else 0
            yield Item("function", node.name, starts[node.lineno - 1], starts[node.end_lineno] - 1, count)
