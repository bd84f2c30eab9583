#!/usr/bin/env bash
# What only a GPU can show, in one call of about 8 minutes: the GPU's tests, the table of a step's costs, a whole run of
# `inverse-paper` by each of some arms, side by side, then ten seeds of it as one program, for as long as is left.
#
#     benchmarks/gpu.sh OUT [SECONDS [field=value ...]]
#
# OUT: where outputs and runs go; SECONDS: the time for all of it, 460 if not said; fields change the whole runs. PYTHON
# names the Python that has PyTorch, TESTS the tests that are run (none: ""), TABLE and SEEDS words of the rows that are
# timed, ARMS the arms of the whole runs ("adversarial" if not said).
set -u
out=$(mkdir -p "$1" && cd "$1" && pwd) limit=${2:-460} python=${PYTHON:-python3} failed=0
cd "$(dirname "$0")/.."
export PYTHONPATH="$PWD/src:$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1

job() { # NAME SECONDS COMMAND...
    local name=$1 most=$2 began=$SECONDS status
    shift 2
    [ "$most" -gt 0 ] || { echo "-- $name: no time was left for it"; return 1; }
    timeout -s INT -k 20 "$most" "$@" >"$out/$name.txt" 2>&1
    status=$?
    echo "-- $name: exit $status after $((SECONDS - began)) s"
    tail -n 60 "$out/$name.txt"
    return "$status"
}

tests=${TESTS-tests/training/test_gpu.py}
# shellcheck disable=SC2086
[ -z "$tests" ] || job tests 150 "$python" -m pytest -q -rs -W default -n 8 $tests || failed=1
job table 150 "$python" -m benchmarks --only "${TABLE:-step inverse-paper adversarial}" --rounds 3 --json "$out/table.json" \
    compute.device=cuda || failed=1
job seeds 150 "$python" -m benchmarks --only "${SEEDS:-seeds}" --rounds 3 --json "$out/seeds.json" compute.device=cuda \
    compute.precision=tf32 || failed=1
words=(compute.device=cuda compute.precision=bfloat16 "${@:3}") left=$((limit - SECONDS)) started=()
for arm in ${ARMS:-adversarial}; do
    job "whole-$arm" "$left" "$python" -m ravine train inverse-paper mining.arm="$arm" "${words[@]}" \
        --out "$out/runs/$arm" --no-doctor --quiet &
    started+=($!)
done
for one in "${started[@]}"; do
    wait "$one" || failed=1
done
job whole-seeds $((limit - SECONDS)) "$python" -m ravine train inverse-paper training.steps=10000 "${words[@]}" \
    --seeds 0,1,2,3,4,5,6,7,8,9 --out "$out/runs/seeds" --no-doctor --quiet || failed=1
exit $failed
