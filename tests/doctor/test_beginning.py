"""What an energy has learned is no fault of its pipeline; what its training began with may be one."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from ravine.config import RunConfig, read_run
from ravine.doctor import faults
from ravine.doctor.bench import Bench
from ravine.doctor.examine import examine
from ravine.doctor.finding import Finding
from ravine.doctor.own import Own
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.prove import healthy_pipeline
from ravine.doctor.shown import Seen

Config = Callable[..., RunConfig]


def learned(config: RunConfig, factor: float = 1e3) -> Own:
    """Return a pipeline whose energies have grown so far that every negative is told apart."""
    weights = {name: factor * value for name, value in Own(config).model().state_dict().items()}
    return Own(config, weights, 500)


def found(pipeline: Pipeline, code: str) -> Finding:
    (finding,) = examine(pipeline, codes=[code]).findings
    return finding


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("D310", "after training: adversarial: the energies are too large for the temperature"),
        ("D311", "after training: the contrastive term does nothing"),
    ],
)
def test_terms_that_training_has_put_out_of_balance_are_a_warning(code: str, says: str, config: Config) -> None:
    assert found(Own(config("mlp")), code).status == "pass"
    later = found(learned(config("mlp"), 10.0), code)
    assert (later.status, later.says) == ("warn", says)


def test_terms_that_are_not_finite_are_told_of_as_such(config: Config) -> None:
    assert found(learned(config("mlp"), 100.0), "D311").says == "after training: a term or its gradient is not finite"


@pytest.mark.parametrize(
    ("code", "word"),
    [("D310", "mining.temperature=1e-9"), ("D311", "mining.weight=1e-4"), ("D311", "mining.weight=1e5")],
)
def test_terms_that_began_out_of_balance_fail_after_training_too(code: str, word: str, config: Config) -> None:
    later = found(learned(config("mlp", word), 1.0), code)
    assert later.status == "fail"
    assert later.says.startswith("at initial weights already: ")


def test_the_beginning_is_initial_weights(config: Config) -> None:
    untrained = Bench(Own(config("mlp")))
    assert untrained.beginning is untrained
    trained = Bench(learned(config("mlp")))
    assert trained.beginning.pipeline.trained_steps == 0
    sizes = [
        float(next(bench.pipeline.model().parameters()).detach().abs().max()) for bench in (trained, trained.beginning)
    ]
    assert sizes[0] > 100 * sizes[1]


class Settled(Own):
    """It cannot begin anew."""

    def fresh(self, **changes: object) -> Own:
        if "seed" in changes:
            raise NotOffered("its weights are what they are")
        return super().fresh(**changes)


def test_a_pipeline_that_cannot_begin_anew_is_warned_at_most(config: Config) -> None:
    pipeline = learned(config("mlp", "mining.weight=1e-4"), 1.0)
    settled = Settled(pipeline.whole_config, pipeline.weights, 500)
    assert found(settled, "D311").status == "warn"


def test_gradients_that_are_zero_in_one_part_and_in_several_are_equal(config: Config) -> None:
    small = learned(config("matrix"), 1e-12)
    assert found(Settled(small.whole_config, small.weights, 500), "D511").status == "pass"


@pytest.mark.parametrize("code", ["D108", "D303", "D304", "D506", "D511", "D517"])
def test_connections_are_looked_for_at_initial_weights(code: str, config: Config) -> None:
    weights = {name: 0 * value for name, value in Own(config("mlp")).model().state_dict().items()}
    dead = Own(config("mlp"), weights, 500)
    assert found(dead, code).status == "pass"
    assert found(dead, "D503").status == "fail"
    assert all(torch.equal(value, weights[name]) for name, value in dead.model().state_dict().items())


@pytest.mark.parametrize("code", ["D306", "D307"])
@pytest.mark.parametrize(("begins", "status"), [("random", "warn"), ("alike", "fail"), ("not", "fail")])
def test_answers_that_an_energy_has_learned_to_give_alike_are_a_warning(
    code: str, begins: str, status: str, config: Config
) -> None:
    """The trained energy proposes one answer to every problem; of a training that always did, that is a fault."""
    fault = "one-answer-for-all-problems" if code == "D306" else "one-answer-a-row"

    class Alike(Own):
        def proposals(self, *given: Any) -> torch.Tensor:
            with faults.planted(fault):
                return super().proposals(*given)

        def step(self) -> Seen:
            with faults.planted(fault):
                return super().step()

        def fresh(self, **changes: Any) -> Own:
            if "seed" not in changes:
                return Alike(
                    self.whole_config, self.weights, self.trained_steps, changes=super().fresh(**changes).changes
                )
            if begins == "not":
                raise NotOffered("its weights are what they are")
            made = super().fresh(**changes)
            return made if begins == "random" else Alike(made.whole_config, changes=made.changes)

    pipeline = learned(config("mlp", "task.n=5"), 1.0)
    finding = found(Alike(pipeline.whole_config, pipeline.weights, 500), code)
    assert finding.status == status
    says = {"random": "after training: ", "alike": "at initial weights already: ", "not": "after training: "}[begins]
    assert finding.says.startswith(says)


def test_large_answers_that_are_told_apart_from_the_start_are_a_warning() -> None:
    """Every of 800 entries adds to the gap; a temperature that is nothing beside one of them is a fault."""
    words = ["compute.threads=1", "mining.arm=random"]
    alone = found(Own(read_run("lu", words)), "D310")
    assert (alone.status, alone.evidence["random"]["saturated"]) == ("warn", 1.0)
    assert found(Own(read_run("lu", [*words, "mining.temperature=1e-3"])), "D310").status == "fail"


@pytest.mark.parametrize(("factor", "status"), [(1.0, "pass"), (0.3, "warn"), (0.01, "fail")])
def test_a_noise_prediction_that_shrinks(factor: float, status: str, config: Config) -> None:
    class Shrunk(Own):
        def gradient(self, x: torch.Tensor, y_k: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
            return factor * super().gradient(x, y_k, k)

    grown = healthy_pipeline(config("matrix"), 120)
    after = found(Shrunk(grown.whole_config, grown.weights, 120), "D504")
    assert after.status == status
    assert after.evidence["shortfall"] == pytest.approx(1 / factor, rel=0.5)
    assert after.evidence["cosine"] > 0.5
