"""Processor seconds of `ravine train` until its first step is taken, by part.

python -m benchmarks.start [PRESET] [field=value ...]
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def main(preset: str = "inverse-quick", *words: str) -> None:
    """Do what the command does, and print what each part took."""
    marks = {"Python and typer": time.process_time()}
    from ravine import build, runs
    from ravine.cli.gate import refuse_failing
    from ravine.config import read_run
    from ravine.runs.threads import set_threads

    marks[f"PyTorch and {runs.__name__}"] = time.process_time()
    config = read_run(preset, list(words))
    set_threads(config)
    marks["the configuration"] = time.process_time()
    refuse_failing(config)
    marks["the doctor's cheap checks"] = time.process_time()
    with TemporaryDirectory() as folder:
        trainer = build.trainer(config, Path(folder) / "run")
    marks["the trainer"] = time.process_time()
    trainer.step()
    marks["the first step"] = time.process_time()
    before = 0.0
    for name, now in marks.items():
        print(f"{now - before:6.2f}  {name}")
        before = now
    print(f"{before:6.2f}  in all")


if __name__ == "__main__":
    import ravine.cli.main  # noqa: F401  as the command does, before anything else

    main(*sys.argv[1:])
