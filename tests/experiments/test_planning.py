"""A study before its first run: budgets that arms share, and what cannot be compared."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ravine import build
from ravine.build.cost import COUNTS, StepCost, evaluations, operations, step_cost, training_cost
from ravine.config import RunConfig, StudyConfig, read_run, read_study
from ravine.config.sources import arm_run
from ravine.errors import ConfigurationError, RunError
from ravine.experiments import claiming, planning
from ravine.experiments.comparison import pick

TINY = [
    "task.n=3",
    "energy.name=mlp",
    "energy.width=16",
    "training.steps=1000",
    "training.batch=16",
    "training.validate_every=0",
    "diffusion.landscapes=10",
]


def study(folder: Path, text: str, *overrides: str) -> StudyConfig:
    file = folder / "study.toml"
    file.write_text(f'seeds = 2\nrun.base = "inverse-quick"\n{text}')
    return read_study(str(file), [*TINY, *overrides])


ARMS = (
    '[arms.none]\nmining.arm = "none"\n[arms.random]\nmining.arm = "random"\n[arms.adv]\nmining.arm = "adversarial"\n'
)


def steps_of(made: StudyConfig, folder: Path) -> dict[str, int]:
    return {run.arm: run.config["training"]["steps"] for run in planning.plan(made, folder)}


def test_equal_steps_are_the_default(tmp_path: Path) -> None:
    assert steps_of(study(tmp_path, ARMS), tmp_path) == {"none": 1000, "random": 1000, "adv": 1000}


def test_equal_compute_scales_steps_by_what_a_step_costs(tmp_path: Path) -> None:
    made = study(tmp_path, f'matching = "compute"\n{ARMS}')
    assert steps_of(made, tmp_path) == {"none": 1000, "random": 500, "adv": 200}


def test_equal_compute_matches_any_batch(tmp_path: Path) -> None:
    made = study(tmp_path, f'matching = "compute"\n{ARMS}training.batch = 32\n')
    planning.check_study(made)
    assert steps_of(made, tmp_path)["adv"] == 100


@pytest.mark.parametrize(
    "mining",
    [
        "mining.arm=adversarial",
        "mining.arm=hard",
        "mining.curriculum=anneal",
        "mining.curriculum=warm-up",
        "mining.arm=ensemble",
        "mining.every=7",
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_the_cost_is_that_of_the_training_itself(tmp_path: Path, mining: str) -> None:
    small = ["training.steps=60", "training.batch=16", "training.log_every=60", "evaluation.problems=20"]
    config = read_run("inverse-quick", [*TINY, *small, mining, "compute.threads=1", "training.balance_every=0"])
    trainer = build.trainer(config, tmp_path)
    trainer.directory.claim(trainer.config)
    with FlopCounterMode(display=False) as counter:
        trainer.run()
    assert training_cost(config, evaluations)(60) == pytest.approx(trainer.state.evaluations, rel=0.03)
    assert training_cost(config, operations)(60) == pytest.approx(counter.get_total_flops(), rel=0.03)


def test_evaluations_are_counted_by_arm() -> None:
    config = read_run("inverse-quick", [*TINY, "mining.mixture={none=0.2, random=0.3, adversarial=0.5}"])
    assert step_cost(config, evaluations) == StepCost({"none": 1, "random": 2, "adversarial": 5}, 0)


def test_operations_are_counted_where_mining_runs_a_program_step_by_step() -> None:
    """PyTorch's counter of modules fails on an energy whose layers are asked inside and outside a gradient."""
    cost = step_cost(read_run("sort", ["task.n=4", "mining.arm=adversarial", "compute.device=cpu"]), operations)
    assert cost.by_arm["adversarial"] > cost.by_arm["none"] > 0


def test_operations_are_those_counted_by_hand() -> None:
    width, landscapes, x, y = 16, 10, 2 * 9, 9
    product = {"x": x * width, "y": y * width, "hidden": width * width, "landscape": 2 * landscapes * 2 * width}
    # Each product is one multiply-add an entry, that is two operations. The last layer has as many outputs as y.
    layers = product["y"] + 2 * product["hidden"] + product["y"]
    forward = product["x"] + product["landscape"] + 2 * layers  # there, and the closed form back
    # Backward, every product is differentiated by both its factors; x, y and the landscape's choice are no variables.
    backward = 2 * forward - product["x"] - product["landscape"] - product["y"]
    config = read_run("inverse-quick", ["task.name=addition", "mining.arm=none", *TINY])
    cost = step_cost(config, operations)
    assert cost.by_arm == {"none": 2 * (forward + backward)}
    assert cost.fixed > 0  # the landscapes' embedding, of which there is one a step


@pytest.mark.parametrize(
    ("product", "multiplications"),
    [
        (lambda m, v: (m @ v).sum(), 2 * 5 * 7),  # forward, and back to v
        (lambda m, v: torch.addmv(torch.ones(5), m, v).sum(), 2 * 5 * 7),
        (lambda m, v: v @ torch.ones(7), 7),
        (lambda m, v: (v[None].expand(3, 7) @ m.T).sum(), 2 * 3 * 5 * 7),
        (lambda m, v: torch.einsum("bi,bij->bj", m, m[:, :, None] * v).sum(), 2 * 5 * 7 * 7),
    ],
    ids=["mv", "addmv", "dot", "mm", "einsum"],
)
def test_every_product_is_counted(product: Callable[..., Tensor], multiplications: int) -> None:
    matrix, vector = torch.ones(5, 7), torch.ones(7, requires_grad=True)
    step: Any = lambda: SimpleNamespace(total=product(matrix, vector))  # noqa: E731
    assert operations(step) == 2 * multiplications


def test_refinement_costs_evaluations_rather_than_operations() -> None:
    config = read_run("inverse-quick", [*TINY, "energy.width=256", "mining.arm=adversarial"])
    assert step_cost(config, evaluations).by_arm["adversarial"] == 5
    cost = step_cost(config, operations).by_arm
    assert 2 < cost["adversarial"] / cost["none"] < 2.5


@pytest.mark.parametrize("matching", ["compute", "operations"])
def test_arms_matched_by_a_cost_agree_within_a_step_of_it(tmp_path: Path, matching: str) -> None:
    count = COUNTS[matching]
    runs = {run.arm: run.config for run in planning.plan(study(tmp_path, f'matching = "{matching}"\n{ARMS}'), tmp_path)}
    costs = {arm: training_cost(RunConfig.model_validate(config), count) for arm, config in runs.items()}
    steps = {arm: config["training"]["steps"] for arm, config in runs.items()}
    spent = {arm: costs[arm](steps[arm]) for arm in runs}
    for arm in ("random", "adv"):
        assert 200 <= steps[arm] < 1000
        assert abs(spent[arm] - spent["none"]) <= costs[arm](steps[arm] + 1) - spent[arm]
    if matching == "operations":
        assert steps["adv"] > 400  # of 5 evaluations each


@pytest.mark.parametrize(
    ("arm", "text", "words"),
    [
        ("training.steps = 2000", "", "arms.adv: trains 2000 steps of batch 16, the baseline 1000 of 16"),
        ("training.batch = 32", "", "arms.adv: trains 1000 steps of batch 32"),
        ("training.steps = 2000", 'matching = "compute"', 'arms.adv: sets training.steps, which matching = "compute"'),
        ("solve.steps = 20", "", "arms.adv: solves with 220 energy evaluations per problem, the baseline with 70"),
        ("solve.starts = 2", "", "solves with 140 energy evaluations"),
        ("diffusion.landscapes = 20", "", "solves with 140 energy evaluations"),
        ('solve.stop = "solved"', "", "arms.adv: sets solve.stop, by which arms spend unequal budgets of solving"),
    ],
)
def test_unequal_budgets_are_refused_before_they_train(tmp_path: Path, arm: str, text: str, words: str) -> None:
    made = study(tmp_path, f"{text}\n{ARMS}{arm}\n")
    with pytest.raises(ConfigurationError, match=r"arms\.adv") as error:
        planning.check_study(made)
    assert words in str(error.value)


def test_landscapes_may_differ_where_solving_costs_the_same(tmp_path: Path) -> None:
    planning.check_study(study(tmp_path, f"{ARMS}diffusion.landscapes = 5\nsolve.steps = 12\n"))


def test_the_cost_of_solving_is_what_the_solver_counts() -> None:
    for words in (["solve.steps=0"], ["solve.steps=3"], ["diffusion.landscapes=4"]):
        config = read_run("inverse-quick", [*TINY, *words])
        task = build.task(config)
        starts = torch.zeros(1, 2, 3, 3)
        energy, batch = build.energy(config, task).requires_grad_(False), task.sample(2, torch.Generator())
        solution = build.solver(config, task).solve(energy, batch, starts)
        assert solution.evaluations == planning.solving_evaluations(config)


def test_all_of_a_registration_is_in_the_file(tmp_path: Path) -> None:
    text = 'comparisons = ["adv"]\nmargin = 0.1\nsplit = "harder"\ndivergence = "non-finite"\ninterim = true\n'
    decided = planning.registration(study(tmp_path, text + ARMS))
    assert decided.comparisons == ("adv",)
    assert (decided.margin, decided.split, decided.divergence, decided.interim) == (0.1, "harder", "non-finite", True)
    assert planning.registration(study(tmp_path, ARMS)).comparisons == ("random", "adv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('comparisons = ["adversarial"]', "there are none, random, adv"),
        ('comparisons = ["none"]', "'none' is the baseline"),
        ('comparisons = ["adv", "adv"]', "'adv' is named twice"),
        ('matching = "time"', "matching: "),
        ('divergence = "never"', "divergence: "),
    ],
)
def test_registrations_that_mean_nothing(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        study(tmp_path, f"{text}\n{ARMS}")
    assert words in str(error.value)


def test_the_metric_is_the_tasks_first_and_its_margin_that_of_its_scale(tmp_path: Path) -> None:
    default = planning.registration(study(tmp_path, ARMS))
    assert (default.metric, default.margin) == ("mse", 0.05)
    solved = planning.registration(study(tmp_path, f'metric = "solved"\n{ARMS}'))
    assert (solved.metric, solved.margin) == ("solved", 0.01)
    assert planning.registration(study(tmp_path, f'metric = "solved"\nmargin = 0.03\n{ARMS}')).margin == 0.03
    with_budget = f'metric = "solved@5x16"\n{ARMS}[run.evaluation]\nbudgets = [[5, 16]]\n'
    decided = planning.registration(study(tmp_path, with_budget))
    assert (decided.metric, decided.margin) == ("solved@5x16", 0.01)


@pytest.mark.parametrize(
    ("metric", "words"),
    [("accuracy", "there are mse, residual, solved"), ("solved@5x16", "evaluation.budgets"), ("mse@5", "budgets")],
)
def test_a_metric_that_no_run_records_is_refused(tmp_path: Path, metric: str, words: str) -> None:
    made = study(tmp_path, f'metric = "{metric}"\n{ARMS}')
    for ask in (planning.check_study, planning.registration):
        with pytest.raises(ConfigurationError, match=f"metric: .*{words}"):
            ask(made)


def test_a_budget_must_cost_all_arms_the_same(tmp_path: Path) -> None:
    arms = f"{ARMS}diffusion.landscapes = 5\nsolve.steps = 12\n[run.evaluation]\nbudgets = [[5, 16]]\n"
    planning.check_study(study(tmp_path, f'metric = "solved"\n{arms}'))
    with pytest.raises(ConfigurationError, match=r"arms\.adv: solves with 560 energy evaluations"):
        planning.check_study(study(tmp_path, f'metric = "solved@5x16"\n{arms}'))


def test_only_a_ratio_needs_a_zero_predictor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.tasks.matrices.inverse import Inverse

    monkeypatch.setattr(Inverse, "baselines", lambda self: {})
    planning.check_study(study(tmp_path, f'metric = "solved"\n{ARMS}'))
    with pytest.raises(ConfigurationError, match="zero"):
        planning.check_study(study(tmp_path, ARMS))


def test_arms_of_the_command_line_are_not_registered(tmp_path: Path) -> None:
    made = study(tmp_path, ARMS)
    assert pick(made, ["none", "adv", "hard"]).registered == ("adv",)
    assert pick(made, ["none", "random", "adv"]).registered == made.registered
    assert pick(study(tmp_path, f'comparisons = ["adv"]\n{ARMS}'), ["none", "random", "adv"]).registered == ("adv",)
    assert pick(made, ["none", "hard"]).registered == ()


def test_another_matching_is_another_study(tmp_path: Path) -> None:
    claiming.claim(study(tmp_path, ARMS), tmp_path / "out")
    with pytest.raises(RunError, match="matching is 'steps' there and 'compute' here"):
        claiming.claim(study(tmp_path, f'matching = "compute"\n{ARMS}'), tmp_path / "out")


def test_a_directory_of_before_registrations_is_read(tmp_path: Path) -> None:
    import json

    out = tmp_path / "out"
    claiming.claim(study(tmp_path, ARMS), out)
    held = json.loads((out / "study.json").read_text())
    for name in ("comparisons", "metric", "matching", "divergence", "interim"):
        del held[name]
    (out / "study.json").write_text(json.dumps(held))
    (out / "registration.json").unlink()
    (entry,) = claiming.claim(study(tmp_path, ARMS), out)
    assert entry["ended_runs"] == 0


LONGER = f'longer = {{ more = "adv" }}\n{ARMS}[arms.more]\nmining.arm = "none"\n'


def test_an_arm_may_train_for_as_many_operations_as_another(tmp_path: Path) -> None:
    made = study(tmp_path, LONGER)
    planning.check_study(made)
    steps = steps_of(made, tmp_path)
    assert (steps["none"], steps["random"], steps["adv"]) == (1000, 1000, 1000)
    cost = {arm: training_cost(arm_run(made, arm, 0), operations)(steps[arm]) for arm in ("none", "adv", "more")}
    assert cost["more"] == pytest.approx(cost["adv"], rel=2 / steps["more"])
    assert steps["more"] > steps["none"]
    assert planning.registration(made).longer == ("more",)
    told = study(tmp_path, LONGER.replace('"adv"', "1700", 1))
    assert steps_of(told, tmp_path)["more"] == 1700
    assert pick(told, ["none", "more"]).longer == {"more": 1700}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('longer = { more = "adv" }', "longer: no such arm"),
        ('longer = { random = "advers" }', "'adv'"),
        ("longer = { random = 0 }", r"^longer.random: name an arm .* steps of 1 or more; not 0$"),
        ("longer = { random = true }", r"^longer.random: name an arm .* steps of 1 or more; not True$"),
        ('longer = { random = "adv", none = "random" }', "'random' is such an arm itself"),
        ('also = ["mse"]', "also: a metric is registered twice"),
        ('also = ["mze"]', "did you mean 'mse'"),
    ],
)
def test_what_is_registered_besides_is_known(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        planning.check_study(study(tmp_path, f"{text}\n{ARMS}"))


def test_an_arm_that_trains_longer_goes_with_its_partner(tmp_path: Path) -> None:
    made = study(tmp_path, LONGER)
    with pytest.raises(ConfigurationError, match="more trains for as long as adv; name that too"):
        pick(made, ["none", "more"])
    assert pick(made, ["none", "adv"]).longer == {}
