"""When to kill: at random moments spread over the run, and at every step of publishing in turn."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from eval.benchmarks.crash.rounds import Outcome, Scene, child, play
from eval.benchmarks.crash.writer import STEPS, Trouble

_SPREAD = 1.0  # of the length of the uninterrupted run


def length_s(scene: Scene, folder: Path) -> float:
    """How long the sync of a scene takes on this machine now, with everything warm."""
    shutil.rmtree(folder, ignore_errors=True)
    if scene.before:
        shutil.copytree(scene.before, folder)
    with child(folder, scene.files) as writing:
        writing.hear()
        begun = time.perf_counter()
        writing.listen()
        return time.perf_counter() - begun


def kills(scenes: list[Scene], folder: Path, number: int, seed: int) -> Iterator[tuple[Scene, str, Outcome]]:
    """Play ``number`` rounds; yields the scene, what was planned, and what came of it."""
    chance = random.Random(seed)
    lengths = {scene.name: length_s(scene, folder / "whole") for scene in scenes}
    steps = {scene.name: cycle(STEPS) for scene in scenes}
    for i in range(number):
        scene = scenes[i % len(scenes)]
        if (i // len(scenes)) % 2:
            step, nth = next(steps[scene.name]), chance.randint(1, 4)
            yield scene, step, play(scene, folder / "round", Trouble(step, nth))
        else:
            after_s = chance.uniform(0, _SPREAD) * lengths[scene.name]
            yield scene, "any moment", play(scene, folder / "round", Trouble(), after_s)
