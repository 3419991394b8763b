# What the tests need besides Rust, git and a C compiler, and the private PostgreSQL they run on.
# Sourced by scripts/test. Everything but Debian's packages stays under .test/ and tests/node_modules/.

DEBIAN_PACKAGES=(postgresql chromium openssl php-cli php-xml php-mbstring python3-venv)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -q && as_root apt-get install -y -q --no-install-recommends "$@"
}

step_packages() {
    local missing=() package
    for package in "${DEBIAN_PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ "${#missing[@]}" = 0 ] && return 0
    apt_install "${missing[@]}" || {
        echo "Could not install: ${missing[*]}. Run this as root on Debian 12, or install them yourself and run it again."
        return 1
    }
}

# Runs a command unless it was run to its end for the same input before: done_for STAMP FILE COMMAND…
done_for() {
    local stamp=$TEST_DIR/$1.stamp sum
    sum=$(sha256sum <"$2")
    shift 2
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return 0
    "$@" && echo "$sum" >"$stamp"
}

step_python() {
    [ -x "$TEST_DIR/venv/bin/pip" ] || rm -f "$TEST_DIR/python.stamp"
    done_for python tests/requirements.txt install_python
}

install_python() {
    rm -rf "$TEST_DIR/venv"
    /usr/bin/python3 -m venv "$TEST_DIR/venv" &&
        "$TEST_DIR/venv/bin/pip" install --quiet --no-deps --disable-pip-version-check -r tests/requirements.txt
}

step_node() {
    [ -d tests/node_modules ] || rm -f "$TEST_DIR/node.stamp"
    done_for node tests/package-lock.json install_node
}

install_node() {
    (cd tests && PATH=$TEST_DIR/venv/bin:$PATH npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}

# SimpleSAMLphp is only unpacked: its package wants a web server of its own running, the tests do not.
step_saml-idp() {
    local deb=$TEST_DIR/deb
    [ -f "$TEST_DIR/simplesamlphp/usr/share/simplesamlphp/www/module.php" ] && return 0
    rm -rf "$deb" "$TEST_DIR/simplesamlphp"
    mkdir -p "$deb"
    fetch_simplesamlphp "$deb" || { as_root apt-get update -q && fetch_simplesamlphp "$deb"; } || return 1
    dpkg-deb -x "$deb"/simplesamlphp_*.deb "$TEST_DIR/simplesamlphp"
    rm -rf "$deb"
}

fetch_simplesamlphp() { # DIRECTORY
    (cd "$1" && apt-get download -q -o APT::Sandbox::User=root simplesamlphp)
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PostgreSQL refuses to run as root, and its own user may not be able to reach this directory: it lives in /tmp.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

POSTGRES_DIR=""
POSTGRES_URL=""

# A cluster of its own for this run: nothing to keep, so it need not survive a crash of the machine.
start_postgres() {
    local port
    [ -n "$POSTGRES_URL" ] && return 0
    POSTGRES_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$POSTGRES_BIN/initdb" ] || {
        echo "PostgreSQL is missing: run scripts/test --only packages."
        return 1
    }
    POSTGRES_DIR=$(as_postgres mktemp -d /tmp/frontdesk-postgres.XXXXXX) || return 1
    port=$(free_port) || return 1
    as_postgres "$POSTGRES_BIN/initdb" --pgdata "$POSTGRES_DIR/data" --username frontdesk --auth trust \
        --encoding UTF8 --locale C.UTF-8 --no-sync >"$LOGS/postgres-initdb.log" 2>&1 || {
        cat "$LOGS/postgres-initdb.log"
        return 1
    }
    as_postgres "$POSTGRES_BIN/pg_ctl" --pgdata "$POSTGRES_DIR/data" --log "$POSTGRES_DIR/log" --wait --timeout 60 \
        --options "-p $port -k $POSTGRES_DIR -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
            -c synchronous_commit=off -c max_connections=300" start || {
        as_postgres cat "$POSTGRES_DIR/log"
        return 1
    }
    as_postgres "$POSTGRES_BIN/createdb" --host "$POSTGRES_DIR" --port "$port" --username frontdesk frontdesk || return 1
    POSTGRES_URL=postgres://frontdesk@127.0.0.1:$port/frontdesk
}

stop_postgres() {
    [ -n "$POSTGRES_DIR" ] || return 0
    as_postgres "$POSTGRES_BIN/pg_ctl" --pgdata "$POSTGRES_DIR/data" --mode immediate stop >/dev/null 2>&1
    rm -rf "$POSTGRES_DIR"
    POSTGRES_DIR="" POSTGRES_URL=""
}
