#!/usr/bin/env python3
"""report.py --json FILE --compiler TEXT --entry FUNCTION DIR...: code and stack of a freestanding archive.

Each DIR holds what tests/size/run has made for one processor: gcc's call graphs (*.ci), two link maps (loader.map: what
--entry reaches; all.map: what every public function reaches), the undefined symbols, the public functions (entries) and
what each object's sections name (relocations).

Stack is the deepest chain of calls, by gcc's own figure for each frame. What the integrator's tables point at is not in
it, and neither is what memcpy and its like take: those are not of this library.
"""
import argparse
import json
import os
import re
import sys
import textwrap

CODE_MAX = 8 * 1024
STACK_MAX = 2 * 1024
GIVEN = {"memcpy", "memset", "memcmp"}
# The compiler's own helpers, from its libgcc.
HELPER = re.compile(r"^__(aeabi_[a-z0-9_]+|gnu_thumb1_case_[a-z0-9]+)$")
NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
FRAME = re.compile(r"\\n(\d+) bytes \(([a-z,]+)\)")
INDIRECT = "__indirect_call"
# Calls through pointers lead into the integrator's tables, but for two. A key source is asked by the part that verifies
# signatures; rows of a table (struct cbor_shape) are called while a map is read with that table, by one function.
ASKED_BY = {"get_key": "cose"}
ROWS_BY, SHAPE = "cbor_in_fields", re.compile(r"^\.rodata\.\w+_shape$")


class Trouble(Exception):
    pass


def lines(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read().splitlines()


def graphs(top):
    for where, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith(".ci"):
                yield os.path.join(where, name)


def short(name):
    return name.split(":")[-1]


def part_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def calls(top):
    """Frame size, part and callees of every function."""
    frames, parts, edges = {}, {}, {}
    for path in graphs(top):
        for line in lines(path):
            node, edge = NODE.match(line), EDGE.match(line)
            frame = FRAME.search(node.group(2)) if node else None
            if frame:
                if frame.group(2) != "static":
                    raise Trouble(f"{node.group(1)}: a frame whose size is not fixed ({frame.group(2)})")
                frames[node.group(1)] = int(frame.group(1))
                parts[node.group(1)] = part_of(path)
            if edge:
                edges.setdefault(edge.group(1), set()).add(edge.group(2))
    return frames, parts, edges


def relocations(top):
    """By object and section: what it names."""
    found, part, section = {}, None, None
    for line in lines(top, "relocations"):
        if ":     file format" in line:
            part = part_of(line.split(":")[0])
        elif line.startswith("RELOCATION RECORDS FOR"):
            section = line.split("[")[1].split("]")[0]
        elif " R_ARM_ABS32 " in line or " R_ARM_THM_MOV" in line:
            found.setdefault((part, section), []).append(line.split()[-1].split("+")[0])
    return found


class Stack:
    def __init__(self, top):
        self.frames, self.parts, self.edges = calls(top)
        self.names = {(self.parts[n], short(n)): n for n in self.frames}
        self.relocations = relocations(top)
        self.known, self.yours = {}, {}
        for (part, section), targets in self.relocations.items():
            for name in (self.function(part, t) for t in targets):
                if name and not section.startswith(".rodata") and short(name) not in ASKED_BY:
                    raise Trouble(f"{name}: {section} keeps its address; who calls it is not known here")

        indirect = [n for n in self.frames if INDIRECT in self.edges.get(n, ())]
        for callee, part in ASKED_BY.items():
            if any(short(n) == callee for n in self.frames) and part not in (self.parts[n] for n in indirect):
                raise Trouble(f"{callee}: nothing in {part} calls through pointers: who asks it now?")
        if any(SHAPE.match(section) for _, section in self.relocations) and ROWS_BY not in map(short, indirect):
            raise Trouble(f"there are tables, but {ROWS_BY} does not call their rows: who does now?")

    def function(self, part, symbol):
        name = symbol.removeprefix(".text.")
        return self.names.get((part, name)) or (name if name in self.frames else None)

    def rows(self, name):
        """The functions in the tables that this one reads with."""
        part = self.parts[name]
        found = set()
        for shape in self.relocations.get((part, ".text." + short(name)), ()):
            if not shape.startswith("."):
                shape = ".rodata." + shape
            if SHAPE.match(shape):
                for table in self.relocations[part, shape]:
                    table = table if table.startswith(".") else ".rodata." + table
                    found.update(self.function(part, row) for row in self.relocations[part, table])
        return frozenset(found)

    def targets(self, name, rows):
        for target in sorted(self.edges.get(name, ())):
            if target != INDIRECT:
                yield target
            elif short(name) == ROWS_BY:
                if not rows:
                    raise Trouble(f"{name}: calls rows of a table that is not known here")
                yield from rows
            else:
                yield from (f for f in self.frames if ASKED_BY.get(short(f)) == self.parts[name])

    def at_yours(self, name, rows=frozenset()):
        """Octets in use when a function of the integrator's tables is called; 0: none is."""
        if name not in self.frames:
            return 0
        rows = self.rows(name) or rows
        if (name, rows) not in self.yours:
            calls_yours = INDIRECT in self.edges.get(name, ()) and short(name) != ROWS_BY
            below = max((self.at_yours(t, rows) for t in self.targets(name, rows)), default=0)
            self.yours[name, rows] = self.frames[name] + below if below or calls_yours else 0
        return self.yours[name, rows]

    def deepest(self, name, rows=frozenset(), trail=()):
        """(octets, chain) below and with this function, which is called while `rows` are read with."""
        if name not in self.frames:
            return 0, ()
        rows = self.rows(name) or rows
        if (name, rows) in trail:
            raise Trouble("recursion: " + " > ".join(n for n, _ in trail) + " > " + name)
        if (name, rows) not in self.known:
            below = max((self.deepest(t, rows, trail + ((name, rows),)) for t in self.targets(name, rows)),
                        default=(0, ()))
            self.known[name, rows] = (self.frames[name] + below[0], (short(name),) + below[1])
        return self.known[name, rows]


def code(path):
    """Octets of text and constants by part, from a link map."""
    text = "\n".join(lines(path)).split("Linker script and memory map", 1)[1]
    found = {}
    for size, where in re.findall(
            r"^ \.(?:text|rodata)[^\s]*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S+)$", text, re.M):
        member = re.search(r"\(([^)]+)\)$", where)
        part = "(compiler's helpers)" if "libgcc" in where else part_of(member.group(1) if member else where)
        found[part] = found.get(part, 0) + int(size, 16)
    return found


def measure(top, entry):
    undefined = [u for u in lines(top, "undefined") if u not in GIVEN and not HELPER.match(u)]
    if undefined:
        raise Trouble("undefined, and not the integrator's to give: " + " ".join(undefined))
    stack = Stack(top)
    loader, whole = code(os.path.join(top, "loader.map")), code(os.path.join(top, "all.map"))
    frames = {}
    for name, size in stack.frames.items():
        frames[stack.parts[name]] = max(size, frames.get(stack.parts[name], 0))
    entries = {name: stack.deepest(name) for name in lines(top, "entries")}
    result = {
        "parts": {p: {"loader": loader.get(p, 0), "all": whole[p], "frame": frames.get(p, 0)} for p in sorted(whole)},
        "loader_code": sum(loader.values()),
        "all_code": sum(whole.values()),
        "loader_stack": entries[entry][0],
        "entries": {name: {"stack": size, "at_yours": stack.at_yours(name), "chain": chain}
                    for name, (size, chain) in sorted(entries.items())},
    }
    for what, value, most in (("code of the boot loader's part", result["loader_code"], CODE_MAX),
                              ("stack", max(e["stack"] for e in result["entries"].values()), STACK_MAX)):
        if value > most:
            print(f"size: {os.path.basename(top)}: {what}: {value} octets, more than {most}", file=sys.stderr)
            result["failed"] = True
    return result


def show(cpu, r):
    print(f"\n{cpu:<22}{'boot loader':>12}{'with updater':>14}{'largest frame':>15}")
    for part, p in r["parts"].items():
        print(f"  {part:<20}{p['loader']:>12}{p['all']:>14}{p['frame']:>15}")
    print(f"  {'code, octets':<20}{r['loader_code']:>12}{r['all_code']:>14}")
    print(f"  of {CODE_MAX}\n")
    print(f"  {'stack, octets':<26}{f'of {STACK_MAX}':>10}{'in use where yours is called':>34}")
    for name, e in r["entries"].items():
        print(f"  {name:<26}{e['stack']:>10}{e['at_yours']:>34}")
    print("  the deepest chain:")
    print(textwrap.fill(" > ".join(max(r["entries"].values(), key=lambda e: e["stack"])["chain"]), 96,
                        initial_indent="    ", subsequent_indent="    "))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("--json", "--compiler", "--entry"):
        parser.add_argument(option, required=True)
    parser.add_argument("dirs", nargs="+")
    args = parser.parse_args()
    print(f"{args.compiler}, -Os; without your crypto and flash functions")
    results = {}
    for top in args.dirs:
        cpu = os.path.basename(top)
        try:
            results[cpu] = measure(top, args.entry)
        except Trouble as trouble:
            sys.exit(f"size: {cpu}: {trouble}")
        show(cpu, results[cpu])
    with open(args.json, "w", encoding="utf-8") as file:
        json.dump({"compiler": args.compiler, "code_max": CODE_MAX, "stack_max": STACK_MAX, "cpus": results}, file, indent=1)
        file.write("\n")
    sys.exit(1 if any(r.get("failed") for r in results.values()) else 0)


main()
