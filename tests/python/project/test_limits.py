"""The rules that scripts hold the sources to: the tree keeps them, and each of them bites."""

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts"))
import outline  # noqa: E402


def found_by(script, root=ROOT, *arguments):
    done = subprocess.run([root / "scripts" / script, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("script", ["arrows", "plain", "limits"])
def test_the_tree_keeps_the_rules(script):
    code, text = found_by(script)
    assert code == 0, text


def test_plain_english_bites(tmp_path):
    (tmp_path / "a.h").write_text("#pragma once\n\n/// The same, but faster.\nint f();\n")
    code, text = found_by("plain", ROOT, tmp_path)
    assert code == 1 and f"{tmp_path}/a.h:3: comment: The same, but faster." in text


@pytest.fixture
def house(tmp_path):
    """A tree of its own with scripts/limits, to which files are added."""
    (tmp_path / "scripts").mkdir()
    for name in ("limits", "outline.py"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    def add(waivers="", **files):
        (tmp_path / "scripts/limits.txt").write_text(waivers)
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return found_by("limits", tmp_path)

    return add


FULL = "void f() {\n" + 38 * "  g();\n" + "}\n"  # 40 lines
LONG = FULL.replace("}", "  g();\n}")


@pytest.mark.parametrize("name, text, place", [
    ("a__x_dot_cpp", "\nvoid f(int a, int b, int c, int d, int e, int g) {}\n", "a/x.cpp:2: parameters: f: 6 "),
    ("a__x_dot_cpp", "//" + 128 * "x" + "\n", "a/x.cpp:1: columns: -: 130 "),
    ("a__x_dot_cpp", "\n" + LONG, "a/x.cpp:2: function: f: 41 "),
    ("a__x_dot_h", 151 * "//\n", "a/x.h:151: file: -: 151 "),
    ("tests__x_dot_cpp", 301 * "//\n", "tests/x.cpp:301: file: -: 301 "),
    ("a__x_dot_h", "#pragma once\nint f();\n", "a/x.h:2: unused: f: "),
    ("a__x_dot_h", "#pragma once\n/// f\nstruct Size {\n  Size();\n};\n", "a/x.h:3: unused: Size: "),
    ("a__x_dot_py", "def f():\n" + 40 * "    g()\n", "a/x.py:1: function: f: 41 "),
    ("a__x_dot_py", "def _f(a, b, c, *, d, e, g):\n    pass\n", "a/x.py:1: parameters: _f: 6 "),
])
def test_each_limit_bites(house, name, text, place):
    code, found = house(**{name: text})
    assert code == 1 and found.startswith(place), found
    assert len(found.splitlines()) == 2, found


def test_what_is_within_the_limits_passes(house):
    code, found = house(a__x_dot_h="#pragma once\nint h(int, int, int, int, int);\ninline " + FULL,
                        b__y_dot_cpp="int g() { return f(), h(1, 2, 3, 4, 5); }\n",
                        tests__t_dot_cpp=LONG + "void k(int, int, int, int, int, int);\n",
                        a__x_dot_py="def f(a, b, c, d, e, g):\n" + 39 * "    g()\n")
    assert code == 0, found


def test_a_waiver_lets_pass_and_must_be_needed_and_have_a_reason(house):
    text = "void f(int a, int b, int c, int d, int e, int g) {}\n"
    assert house("# waivers\n\nparameters a/*.cpp f for a reason\n", a__x_dot_cpp=text)[0] == 0
    code, found = house("parameters a/x.cpp f for a reason\nfunction a/x.cpp f for none\n", a__x_dot_cpp=text)
    assert code == 1 and found.startswith("scripts/limits.txt: nothing needs this waiver: function a/x.cpp f")
    code, found = house("parameters a/x.cpp f\n", a__x_dot_cpp=text)
    assert code == 1 and "a waiver is a rule, a file, a name and a reason" in found


@pytest.mark.parametrize("text, wanted", [
    ("std::map<int, std::pair<int, int>> f(std::function<void(int, int)> g, int a = h(1, 2), P b = {1, 2}, T<1, 2> c);",
     [("f", 4)]),
    ("template <class A, class B = std::array<A, 2>>\nrequires(is<A, B>)\nauto f(A a, B b) -> std::pair<A, B> {}",
     [("f", 2)]),
    ("template <class A>\nrequires requires(A& a, int i) { a.g(i, i, i); }\nvoid f(const A& a) {}", [("f", 1)]),
    ('A::A(int a, int b) : a_{a, 1}, b_(B{a, b}), T<int, int>{b}, c_([] { return "){"; }()) {}\nint f();',
     [("A::A", 2), ("f", 0)]),
    ("const auto table = {row(1, [](int a, int b) { return a; }), row(2, g)};\nvoid f(void) {}", [("f", 0)]),
    ('const char* page = R"x(void no(int a) { ")x";\nchar c = \'{\', d = \'\\\'\';\nint n = 1\'000\'000;\n'
     "// void no() {\n/* { */ int f(char) { return g({1, 2}); }", [("f", 1)]),
    ("struct A final : B<int, 2> {\n  explicit A(int a = 1);\n  A(const A&) = default;\n  int x = g(1, 2), y{3};\n"
     "  bool operator==(const A& o) const { return x < o.x && x > 1; }\n  int operator()(int a, int b) const;\n"
     "  operator bool() const;\n};\nenum class E { a = f(1, 2), b };\nint f(E e);",
     [("A::A", 1), ("A::A", 1), ("A::operator__", 1), ("A::operator__", 2), ("A::bool", 0), ("f", 1)]),
    ('namespace a::b {\nnamespace {\nextern "C" {\n'
     '[[nodiscard]] __attribute__((cold)) int f(int a [[x(1, 2)]]) {\n'
     "  struct In { void no(int a); };\n  if (a < 1 && a > 2) g(a, a);\n}\n}\n}\nvoid g(int (*)(int, int), int);\n}",
     [("f", 1), ("g", 2)]),
    ("#define NO(x) void no(x) { \\\n  if (x) {\n#if 1\nvoid f() {}\n#endif\nclass A;\nusing B = int(int, int);\n"
     "static_assert(g(1, 2));", [("f", 0)]),
])
def test_functions_of_cpp_are_read(text, wanted):
    items = outline.cpp(outline.blank(text, outline.NOISE))
    assert [(item.name, item.parameters) for item in items if item.kind == "function"] == wanted


def test_a_function_reaches_to_its_closing_brace():
    text = "int a;\n\nint f(int x,\n      int y) {\n  auto g = [&](int z) {\n    return z;\n  };\n}\nint h();\n"
    first, second = outline.cpp(text)
    assert text[first.start : first.stop].startswith("f(int x,") and text[first.start : first.stop].endswith("};\n}")
    assert (second.name, text[: second.start].count("\n")) == ("h", 8)


def test_known_sizes_of_the_tree_are_found(tmp_path):
    """Three rules are turned round in a copy of the tree, and those three places are named and no others."""
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in listed.splitlines():
        if pathlib.Path(name).suffix in (".h", ".cpp", ".inc", ".py") or name.startswith("scripts/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_file():
                shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    page = tmp_path / "sde/cosine.cpp"
    lines = page.read_text().rstrip().removesuffix("}  // namespace fokker")
    page.write_text(lines + "int six(int, int, int, int, int, int) { return 0; }\n// " + 127 * "x" + "\n"
                    + LONG.replace("void f", "void long_one") + "}  // namespace fokker\n")
    code, found = found_by("limits", tmp_path)
    first = lines.count("\n") + 1
    assert code == 1 and found.splitlines()[:-1] == [
        f"sde/cosine.cpp:{first + 1}: columns: -: 130 columns, at most 120",
        f"sde/cosine.cpp:{first}: parameters: six: 6 parameters, at most 5",
        f"sde/cosine.cpp:{first + 2}: function: long_one: 41 lines, at most 40"]
