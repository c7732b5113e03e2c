#!/bin/bash
# Starts the server that a ZooKeeper conformance harness judges: OAKMOOT zk on PORT with DATADIR, and the harness's
# settings, which come as ZKC_* environment variables, as flags.
# usage: OAKMOOT=/path/to/oakmoot conformance-start.sh PORT DATADIR
port=$1 data=$2
flags=(--listen "127.0.0.1:$port" --data "$data" --tick "${ZKC_TICKTIME:-2000}ms" --max-cnxns "${ZKC_MAX_CNXNS:-0}"
  --super-digest "${ZKC_SUPER_DIGEST:-super:D/InIHSb7yEEbrWz8b9l71RjZJU=}" --whitelist '*' --extended-types --log-level "${OAKMOOT_LOG:-warn}")
[ -n "$ZKC_MIN_SESSION_TIMEOUT" ] && flags+=(--min-session-timeout "${ZKC_MIN_SESSION_TIMEOUT}ms")
[ -n "$ZKC_MAX_SESSION_TIMEOUT" ] && flags+=(--max-session-timeout "${ZKC_MAX_SESSION_TIMEOUT}ms")
[ -n "$ZKC_CONTAINER_CHECK_MS" ] && flags+=(--container-check "${ZKC_CONTAINER_CHECK_MS}ms")
[ -n "$ZKC_JUTE_MAXBUFFER" ] && flags+=(--jute-maxbuffer "$ZKC_JUTE_MAXBUFFER")
[ "$ZKC_ENFORCE_QUOTA" = true ] && flags+=(--enforce-quota)
exec "${OAKMOOT:-oakmoot}" zk "${flags[@]}"
