"""The weights of candidates: learnt from marked questions, a kind's own where it differs, never from themselves."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from eval.benchmarks.candidate_cases import Case, Source
from eval.benchmarks.fit_candidates import KINDS, chosen, fit, of_other_folds
from rag.expected import Kind
from rag.traits import Traits

NAMES = [field.name for field in fields(Traits)]


def marked(
    seed: int, kind: Kind = "name", tells: str = "near", source: Source = "asked", sign: float = 1.0
) -> Case:
    """Six candidates, of which the one with most of a trait is right (or, with a sign of -1, least)."""
    traits = np.random.default_rng(seed).normal(size=(6, len(NAMES)))
    right = np.zeros(6)
    right[int(np.argmax(sign * traits[:, NAMES.index(tells)]))] = 1.0
    return Case(source, kind, traits, right, right, 0)


def share_right(cases: list[Case], weights: dict[Kind, Traits]) -> float:
    return float(np.mean([each.exact[chosen(each, weights)] for each in cases]))


def test_what_tells_the_right_answer_is_learnt() -> None:
    weights = dict(fit([marked(seed) for seed in range(120)]))
    assert set(weights) == set(KINDS)
    assert share_right([marked(seed) for seed in range(900, 960)], weights) > 0.8


def test_a_kind_differs_from_the_others_where_its_answers_do() -> None:
    names = [marked(seed, "name") for seed in range(150)]
    figures = [marked(seed, "figure", sign=-1.0) for seed in range(1000, 1150)]
    weights = fit([*names, *figures])
    assert weights["figure"].near < weights["name"].near


def test_other_sources_do_not_overrule_the_questions_that_count() -> None:
    earlier = [marked(seed, source="earlier", sign=-1.0) for seed in range(1000, 1100)]
    weights = dict(fit([*(marked(seed) for seed in range(100)), *earlier]))
    assert share_right([marked(seed) for seed in range(900, 960)], weights) > 0.7


def test_a_question_is_judged_by_weights_that_have_not_seen_it() -> None:
    cases = [marked(seed) for seed in range(30)]
    turned = [replace(cases[0], exact=cases[0].exact[::-1], f1=cases[0].f1[::-1]), *cases[1:]]
    assert of_other_folds(cases, [])[0] == of_other_folds(turned, [])[0]


def test_a_question_that_finds_nothing_is_no_obstacle() -> None:
    nothing = Case("asked", "other", np.zeros((0, len(NAMES))), np.zeros(0), np.zeros(0), -1)
    weights = fit([nothing, *(marked(seed) for seed in range(20))])
    assert chosen(nothing, weights) == -1
