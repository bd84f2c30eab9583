#!/usr/bin/env bash
# What only a GPU can show, in one call of a few minutes, the most valuable first; each job's output goes to a file too.
#
#     benchmarks/gpu.sh OUT RUNS [SEVENTEEN]
#
# OUT: where the files go; RUNS: a folder of finished runs, sudoku-9-0, sudoku-9-1, ... (kilobytes each), scored as they
# are; SEVENTEEN: a file of 9 x 9 boards, `puzzle,solution` a line. PYTHON names the Python that has PyTorch. With
# TRAIN="training.steps=4000", or other fields, three seeds of sudoku-6 are trained so meanwhile, on two CPU cores each.
set -u
cd "$(dirname "$0")/.."
out=$1 runs=$2 seventeen=${3:-} python=${PYTHON:-python3} fresh=$(mktemp -d) failed=0
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
mkdir -p "$out"

job() { # NAME SECONDS COMMAND...
    local name=$1 limit=$2 began=$SECONDS status
    shift 2
    timeout "$limit" "$@" 2>&1 | tee "$out/$name.txt"
    status=${PIPESTATUS[0]}
    echo "-- $name: exit $status after $((SECONDS - began)) s" | tee -a "$out/$name.txt"
    [ "$status" -eq 0 ] || failed=1
}

scores() { # PRESET OPTION...
    "$python" benchmarks/sudoku.py "$@" --finished --out "$runs" compute.device=cuda
}

rounds() { # rounds at solve time, on the boards that settings are chosen on
    for count in 12 16 20 24; do
        echo "solve.rounds=$count"
        scores sudoku-9 --part validation --problems 500 --starts 1 solve.rounds=$count || return
    done
}

steps() { # the matrix runs' step, on the GPU and on all cores
    "$python" -m benchmarks --only inverse-paper compute.device=cuda
    "$python" -m benchmarks --only inverse-paper --threads "$(nproc)" --rounds 3 compute.device=cpu
}

export -f scores rounds steps
export python runs
if [ -n "${TRAIN:-}" ]; then
    for seed in 0 1 2; do
        # shellcheck disable=SC2086
        timeout 300 "$python" -m ravine train sudoku-6 $TRAIN seed=$seed compute.threads=2 evaluation.problems=10 \
            --out "$fresh/sudoku-6-$seed" --no-doctor --quiet &
    done
fi
job tests 120 "$python" -m pytest -q -rs -W default tests/training/test_gpu.py
job sudoku-9 180 bash -c "scores sudoku-9"
[ -z "$seventeen" ] || job seventeen 90 bash -c "scores sudoku-9 --file 'seventeen=$seventeen'"
job sudoku-6 60 bash -c "scores sudoku-6"
job sudoku-4 45 bash -c "scores sudoku-4"
job rounds 60 bash -c rounds
wait
[ -z "${TRAIN:-}" ] || runs=$fresh job trained-6 60 bash -c "scores sudoku-6"
job steps 90 bash -c steps
rm -r "$fresh"
exit $failed
