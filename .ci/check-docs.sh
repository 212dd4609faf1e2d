#!/usr/bin/env bash
# check-docs.sh [--update]: the documents show what the program does. Runs every command of the `console` blocks in
# README.md, docs/tutorial.md and docs/own-machine.md in a scratch copy and compares its standard output; checks that the README's TOML is
# docs/examples/first-look.toml, that the table of rooms is that of tests/architecture.rs, that links lead somewhere and
# that the picture is the program's; carries out the README's daemon and crash lines. With --update, outputs, table and
# picture are written anew instead.
# PLATED names the program (default: target/release/plated).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
plated=$(realpath "${PLATED:-target/release/plated}") || exit 2
if ! command -v python3 >/dev/null; then
  echo "check-docs: SKIPPED, no python3 here" >&2
  exit 0
fi
work=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/bin" "$work/docs"
ln -s "$plated" "$work/bin/plated"
cp -r config protocols "$work/"
cp -r docs/examples "$work/docs/"
export PATH="$work/bin:$PATH" NO_COLOR=1
# The socket shall lie in the scratch folder.
unset XDG_RUNTIME_DIR

status=0
python3 - "$work" "${1:-}" <<'PY' || status=1
import difflib, os, re, subprocess, sys
work, update = sys.argv[1], sys.argv[2] == "--update"
wrong = commands = links = 0

def complain(text):
    global wrong
    wrong += 1
    print(text)

def block(match):
    global commands
    out = "```console\n"
    for command in re.findall(r"^\$ (.*)$", match[1], re.M):
        commands += 1
        done = subprocess.run(command, shell=True, cwd=work, text=True, capture_output=True)
        out += f"$ {command}\n{done.stdout}"
        if done.returncode not in (0, 3):
            complain(f"`{command}` ended with {done.returncode}: {done.stderr}")
    return out + "```"

for name in ("README.md", "docs/tutorial.md", "docs/own-machine.md"):
    text = open(name, encoding="utf-8").read()
    fresh = re.sub(r"```console\n(.*?)```", block, text, flags=re.S)
    if fresh != text and update:
        open(name, "w", encoding="utf-8").write(fresh)
        print(f"{name}: outputs written anew")
    elif fresh != text:
        diff = difflib.unified_diff(text.splitlines(), fresh.splitlines(), name, "what the program prints", lineterm="")
        complain("\n".join(diff))

readme = open("README.md", encoding="utf-8").read()
shown = "\n".join(re.findall(r"```toml\n(.*?)```", readme, re.S))
example = open("docs/examples/first-look.toml", encoding="utf-8").read()
plain = "\n".join(line for line in example.splitlines() if not line.startswith("#")) + "\n"
if shown != plain:
    complain("\n".join(difflib.unified_diff(shown.splitlines(), plain.splitlines(), "README.md", "first-look.toml", lineterm="")))

# The table of rooms is that of the test that enforces it.
source = open("tests/architecture.rs", encoding="utf-8").read()
listed = source[source.index("const ROOMS"):source.index("/// Rooms of plain functions")]
rooms = {m[1]: re.findall(r'"(\w+)"', m[2]) for m in re.finditer(r'\(\s*"(\w+)",\s*&\[(.*?)\]', listed, re.S)}
pure = re.findall(r'"(\w+)"', source[source.index("const PURE"):source.index("/// What a pure room")])
page = open("docs/architecture.md", encoding="utf-8").read()
row = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \| (yes|) ?\|$", re.M)

def room(match):
    if match[1] not in rooms:
        complain(f"docs/architecture.md: there is no room {match[1]}")
        return match[0]
    is_pure = "yes " if match[1] in pure else ""
    return f"| `{match[1]}` | {match[2]} | {' '.join(rooms[match[1]]) or '–'} | {is_pure}|"

fresh = row.sub(room, page)
if missing := set(rooms) - {m[1] for m in row.finditer(page)}:
    complain(f"docs/architecture.md says nothing of {', '.join(sorted(missing))}")
if fresh != page and update:
    open("docs/architecture.md", "w", encoding="utf-8").write(fresh)
    print("docs/architecture.md: rooms written anew")
elif fresh != page:
    complain("docs/architecture.md: its table of rooms is not that of tests/architecture.rs; run with --update")

pages = ["README.md"] + sorted(f"docs/{f}" for f in os.listdir("docs") if f.endswith(".md"))
for page in pages:
    text = open(page, encoding="utf-8").read()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(path):
            complain(f"{page}: no such file: {target}")
        elif anchor:
            heads = re.findall(r"^#+ (.*)$", open(path, encoding="utf-8").read(), re.M)
            slugs = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads]
            if anchor not in slugs:
                complain(f"{page}: no such heading: {target}")
print(f"documents: {commands} commands, {links} links, {wrong} wrong")
sys.exit(1 if wrong else 0)
PY

env -u NO_COLOR docs/make-screen.py "$plated" "$work/screen.svg" || status=1
if [ "${1:-}" = --update ]; then
  cp "$work/screen.svg" docs/screen.svg
elif ! cmp -s "$work/screen.svg" docs/screen.svg; then
  echo "docs/screen.svg is not what the program shows; make it anew with .ci/check-docs.sh --update"
  status=1
fi

# The lines of the `sh` block under a heading of the README.
lines() {
  awk -v head="## $1" '$0 == head { on = 1 } /^## / && $0 != head { on = 0 } on && /^```$/ { code = 0 } on && code
    on && /^```sh$/ { code = 1 }' README.md | sed 's/ *#.*//'
}
daemon=$(lines "The daemon")
crash=$(lines "Two processes, and a crash")
cd "$work" || exit 2
live() { # the lines of a section, as a person would type them
  local line last=0 pid
  while IFS= read -r line; do
    case $line in
      '' | *watch*) continue ;;
      *'&')
        eval "$line" >>live.log 2>&1
        last=$!
        started+=("$last")
        sleep 1
        continue
        ;;
      *'$!'*)
        # `$!` here is the last process begun, as in the reader's shell.
        pid=$last
        eval "${line//\$!/$pid}" >>live.log 2>&1
        wait "$pid" 2>/dev/null
        ;;
      *) eval "$line" >>live.log 2>&1 ;;
    esac
    if [ $? -ne 0 ] && [[ $line != *kill* ]]; then
      echo "failed: $line"
      cat live.log
      status=1
    fi
  done <<<"$1"
}
live "$daemon"
live "$crash"
plated replay runs/drill --verify || { echo "runs/drill is not sound"; status=1; }
[[ $(plated replay runs/drill) == *'"restarted"'* ]] || { echo "the kill came too late: nothing was resumed"; status=1; }
[ $status -eq 0 ] && echo "check-docs: passed"
exit $status
