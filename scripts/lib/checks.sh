# House rules that no compiler checks. Sourced by scripts/test.

MAX_LINES=400

# No source file over 400 lines; Rust's tests at the end of a file (`mod tests {`) and files of tests do not count.
step_file-length() {
    git ls-files --cached --others --exclude-standard -- '*.rs' '*.mjs' '*.js' '*.sh' scripts/test |
        grep -Ev '(^|/)(tests|benches|vendor)/.*\.rs$|/tests\.rs$|\.min\.js$' |
        while read -r file; do
            [ -f "$file" ] || continue
            awk -v file="$file" -v max=$MAX_LINES '
                /^(pub )?mod tests? \{/ && previous ~ /^#\[cfg\(test\)\]/ { lines--; exit }
                { lines++; if ($0 !~ /^#\[(allow|expect)/) previous = $0 }
                END { if (lines > max) { printf "%s: %d lines, at most %d. Split it by meaning.\n", file, lines, max; exit 1 } }
            ' "$file" || echo
        done | grep . && return 1
    return 0
}

# The project speaks of itself alone, and nothing is left to do later in the code: no paths of one machine,
# no numbers of somebody's tracker, no place-holders.
step_words() {
    local unwanted='(^|[^[:alnum:]_./-])/(work|root|home)/[a-z]|\.\./shared/|[Ii]ssue #?[0-9]|\b(TODO|FIXME)\b|\b(todo|unimplemented)!'
    if git grep --untracked -nIE "$unwanted" -- . ':!scripts/lib/checks.sh' ':!LICENSE' ':!*.lock' ':!tests/package-lock.json'; then
        echo "These lines name a machine's own paths or a tracker's numbers, or put work off. Say it otherwise, or do it."
        return 1
    fi
    if grep -n '"resolved"' tests/package-lock.json; then
        echo "tests/package-lock.json names a registry: run npm install with --omit-lockfile-registry-resolved."
        return 1
    fi
}
