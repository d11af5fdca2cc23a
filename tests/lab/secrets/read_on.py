# Reads every secret below a directory in a loop until a file appears: read_on.py VIEW STOP-FILE VALUE-PATTERN.
# Says how many reads there were, or what was wrong.
import os
import re
import sys

view, stop, pattern = sys.argv[1], sys.argv[2], re.compile(sys.argv[3])
names = sorted(os.listdir(view))
reads = 0
while not os.path.exists(stop):
    for name in names:
        try:
            with open(os.path.join(view, name), "rb", buffering=0) as file:
                value = file.read().decode()
        except OSError as error:
            sys.exit(f"failed: {name}: {error}")
        if not pattern.fullmatch(value):
            sys.exit(f"wrong: {name}: {value!r}")
        reads += 1
print(reads)
