"""Where a text stands in the memory of a running process (root's eyes only, proc(5))."""

import re


def mappings(pid):
    """(begin, end, permissions, resident, VmFlags) of each mapping: proc(5), smaps."""
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as smaps:
        for line in smaps:
            if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ", line):
                found = [int(head[1], 16), int(head[2], 16), head[3], 0]
            elif line.startswith("Rss:"):
                found[3] = int(line.split()[1])
            elif line.startswith("VmFlags:"):
                yield (*found, line.split()[1:])


def count_in(memory, begin, end, text):
    memory.seek(begin)
    try:
        return memory.read(end - begin).count(text)
    except (OSError, OverflowError, ValueError):
        return 0


def where_it_is(pid, text):
    """How often the text stands in writable memory that goes into a core dump, and in other."""
    dumped, left_out = 0, 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, permissions, resident, flags in mappings(pid):
            if not resident or "w" not in permissions:
                continue
            count = count_in(memory, begin, end, text)
            if "dd" in flags:
                left_out += count
            else:
                dumped += count
    return dumped, left_out


def is_sanitized(program):
    """Its sanitizer keeps copies of its own, in terabytes of mappings."""
    with open(program, "rb") as file:
        text = file.read()
    return b"__asan_init" in text or b"__tsan_init" in text
