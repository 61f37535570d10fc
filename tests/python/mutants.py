"""These helpers make the mutants that the tests read: changed bytes of any file, and changed lines of a config."""

import math
import re

WORDS = """ancestral ddim dpmpp_2m dpmpp_2m_sde heun sra1 edm_heun restart probability_flow predictor_corrector \
implicit_euler skrock
gotta_go_fast unipc_3 sa_solver er_sde_3 milstein dri1 uniform log_snr karras snr t \
vp ve edm cosine subvp flow trigonometric mlp unet dit
feed_forward epsilon x0 v velocity score dsm ism gan ddgan vdm regression classifier \
f32 bf16 constant standardise standardise_all
energy sliced_w2 mmd frechet precision_recall modes \
digits two_moons scenes breast_cancer right_half evidence poisson likelihood""".split()
TEXTS = ["", "x", "../../x", "a/b", "é", "\\u0000", ".hidden", "x" * 300,
         "csv:none.csv", "npy:/dev/null", "hdf5:none.h5#x", "nan"]
NUMBERS = ["0", "-1", "1", "2", "3", "7", "1000000", "2147483648", "4294967297",
           "9223372036854775807", "-9223372036854775808", "9223372036854775808",
           "0.0", "-0.0", "0.5", "1.5", "1e-300", "1e300", "-1e30", "inf", "-inf", "nan", "5e-324"]


def mutant(content, random):
    """Returns a changed copy, as tests/support/mutants.h does.

    It has a flipped bit, other bytes, a cut, a gap, a block twice, or a huge number.
    """
    out, at = bytearray(content), random.randrange(len(content))
    length = 1 + random.randrange(min(len(out) - at, 64))
    kind = random.randrange(6)
    if kind == 0:
        out[at] ^= 1 << random.randrange(8)
    elif kind == 1:
        for _ in range(1 + random.randrange(4)):
            out[random.randrange(len(out))] = random.randrange(256)
    elif kind == 2:
        del out[at:]
    elif kind == 3:
        del out[at : at + length]
    elif kind == 4:
        to = random.randrange(len(out))
        out[to:to] = out[at : at + length]
    else:
        out[at : at + min(length, 8)] = b"\xff" * min(length, 8)
    return bytes(out)


def scalar(value, random):
    """Returns another value, mostly of the old value's type."""
    if random.random() < 0.15:
        return random.choice([random.choice(NUMBERS), f'"{random.choice(WORDS + TEXTS)}"',
                              "true", "[]", "{}", "[1, 2]", '["x"]'])
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if value.startswith(('"', "'")):
        return f'"{random.choice(WORDS if random.random() < 0.8 else TEXTS)}"'
    try:
        number = float(value)
    except ValueError:
        return random.choice(NUMBERS)
    if random.random() < 0.6 or not math.isfinite(number):
        return random.choice(NUMBERS)
    changed = random.choice([2 * number, number / 2, -number, number + 1, number - 1])
    return str(int(changed)) if "." not in value and "e" not in value and changed == int(changed) else repr(changed)


def changed_value(value, random):
    """Returns another value; in a list an element is mostly changed, dropped or repeated."""
    found = re.fullmatch(r"\[\s*(.*?)\s*\]", value, re.S)
    if not found or random.random() < 0.1:
        return scalar(value, random)
    parts = re.split(r",\s*", found[1]) if found[1] else []
    kind = random.randrange(4)
    if kind == 0 or not parts:
        parts.append(random.choice(parts) if parts else random.choice(NUMBERS))
    elif kind == 1:
        parts.pop(random.randrange(len(parts)))
    else:
        at = random.randrange(len(parts))
        parts[at] = scalar(parts[at], random)
    return f"[{', '.join(parts)}]"


def config_mutant(text, random):
    """Returns a config with one or two changed values, with a line lost, twice or elsewhere, or with changed bytes."""
    if random.random() < 0.1:
        return mutant(text.encode(), random)
    lines = text.splitlines()
    for _ in range(random.choice([1, 1, 2])):
        at = random.randrange(len(lines))
        kind = random.randrange(12)
        if kind == 0:
            lines.insert(random.randrange(len(lines)), lines.pop(at))
        elif kind == 1:
            lines.insert(random.randrange(len(lines)), lines[at])
        elif kind == 2:
            lines.pop(at)
        else:
            keys = [i for i, line in enumerate(lines) if re.match(r"[\w.\"]+ = ", line)]
            at = random.choice(keys)
            key, value = lines[at].split(" = ", 1)
            lines[at] = f"{key} = {changed_value(value, random)}"
    return ("\n".join(lines) + "\n").encode()
