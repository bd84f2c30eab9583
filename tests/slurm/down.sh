#!/usr/bin/env bash
# Ends only what up.sh started, by the pids in its pid files. CLEAN=1 also removes its directory.
B=${SLURM_BASE:-${TMPDIR:-/tmp}/ravine-slurm}; export SLURM_CONF="$B/etc/slurm.conf"
scancel -u root 2>/dev/null; for i in $(seq 60); do [ -z "$(squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
stop(){ [ -s "$1" ] || return 0; p=$(cat "$1"); 
  case "$(cat /proc/$p/comm 2>/dev/null)" in $2*) kill "$p"; for i in $(seq 100); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done;; esac; rm -f "$1"; }
for f in "$B"/run/slurmd-n*.pid; do stop "$f" slurmd; done; stop "$B/run/slurmctld.pid" slurmctld; stop "$B/run/slurmdbd.pid" slurmdbd
stop "$B/run/mariadb.pid" mariadbd; stop "$B/munge/munged.pid" munged
[ "${CLEAN:-0}" = 1 ] && rm -rf "$B"; echo "slurm down"
