"""Correlation matrices of measured features as a split of inversion."""

import sys

import pytest
import torch

from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.runs import split_names
from ravine.tasks.matrices import measured as real
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.inverse import Inverse

pytest.importorskip("sklearn", reason="scikit-learn is not installed")


def test_problems_are_shifted_correlations_of_the_training_scale() -> None:
    batch = Inverse(20).sample(50, torch.Generator().manual_seed(0), "real", torch.float64)
    a = batch.x[:, 0]
    torch.testing.assert_close(a, a.mT)
    torch.testing.assert_close(a.diagonal(dim1=1, dim2=2), torch.full((50, 20), 40 / 3 + 0.1, dtype=torch.float64))
    assert torch.linalg.eigvalsh(a).min() > 0.0999
    torch.testing.assert_close(a @ batch.y, torch.eye(20, dtype=torch.float64).expand(50, -1, -1), rtol=0, atol=1e-8)
    assert len({row.numpy().tobytes() for row in a}) == 50


def test_every_data_set_with_enough_features_takes_part() -> None:
    generator = torch.Generator().manual_seed(0)
    sizes = [len(matrix) for matrix in real.feature_correlations()]
    assert sizes == [30, 10, 61, 13]
    drawn = real.subset_correlations(8, 10, generator)
    whole = real.feature_correlations()[1]  # diabetes has ten features: every subset is a permutation of all
    for row in (1, 5):
        torch.testing.assert_close(torch.linalg.eigvalsh(drawn[row]), torch.linalg.eigvalsh(whole))
    with pytest.raises(InputError, match="at most 61 features a matrix, not n = 62"):
        real.subset_correlations(1, 62, generator)


def test_the_split_is_scored_where_it_is_named_and_nowhere_else() -> None:
    assert split_names(read_run("inverse-quick"), Inverse(10)) == ("same", "harder")
    named = read_run("inverse-quick", ['evaluation.splits=["same","real"]'])
    assert split_names(named, Inverse(10)) == ("same", "real")
    with pytest.raises(ConfigurationError, match=r"^evaluation\.splits: no such split"):
        split_names(named, Addition(10))


def test_without_scikit_learn_the_run_says_so_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    real.feature_correlations.cache_clear()
    with pytest.raises(ConfigurationError, match=r"^evaluation\.splits: split 'real' needs .*ravine\[real\]"):
        split_names(read_run("inverse-quick", ['evaluation.splits=["real"]']), Inverse(10))
