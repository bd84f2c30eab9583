import importlib

import ravine


def test_the_public_surface_is_complete_and_lazy() -> None:
    assert sorted(ravine.PLACES) == sorted(ravine.__all__)
    for name, place in ravine.PLACES.items():
        assert getattr(ravine, name) is getattr(importlib.import_module(f"ravine.{place}"), name)
