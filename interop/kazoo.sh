#!/usr/bin/env bash
# Runs the quickstart as a process and has another client, Kazoo from PyPI, check
# that every documented znode is there while it runs. Needs Go and Python 3.
. "$(dirname "$0")/kazoo_head.sh"

serve 'oakmoot is ready' up --addr-file "$work/addresses.json"
if ! "$venv/bin/python" interop/kazoo_check.py "$work/addresses.json" "$work/oakmoot"; then
	cat "$work/log"
	exit 1
fi
