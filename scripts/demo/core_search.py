# What a core dump of a process would hold: every readable region that is not excluded from dumps (VmFlags "dd").
# Prints the regions in which one of the words of a file stands.   core_search.py PID FILE-OF-WORDS
import re
import sys

pid, words = sys.argv[1], [w for w in open(sys.argv[2], "rb").read().split(b"\n") if w]
regions, head = [], None
for line in open(f"/proc/{pid}/smaps"):
    match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
    if match:
        head = match
    elif line.startswith("VmFlags:") and head:
        excluded = "dd" in line.split()[1:] or "io" in line.split()[1:]
        if head[3].startswith("r") and not excluded and head[4] not in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            regions.append((int(head[1], 16), int(head[2], 16), head[4]))
with open(f"/proc/{pid}/mem", "rb") as memory:
    for begin, end, name in regions:
        try:
            memory.seek(begin)
            content = memory.read(end - begin)
        except OSError:
            continue
        if any(word in content for word in words):
            print(f"{begin:x}-{end:x} {name}")
