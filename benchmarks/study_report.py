"""The rows of a study as a Markdown table with spread and significance, and as a plot."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy

Rows = list[dict[str, Any]]
# Which view of which run a line of the table shows.
LINES = {
    "baseline": ("baseline", "student"),
    "baseline that has read explanations": ("pretrained", "student"),
    "self-training": ("self-training", "student"),
    "student": ("student", "student"),
    "crossfit student": ("crossfit student", "student"),
    "second student": ("second student", "student"),
    "teacher": ("teacher", "teacher"),
    "second teacher": ("second teacher", "teacher"),
    "live teacher (student + CoT)": ("student", "teacher"),
    "live teacher (crossfit student + CoT)": ("crossfit student", "teacher"),
    "live teacher (second student + CoT)": ("second student", "teacher"),
}


def report(path: Path, title: str = "") -> None:
    """Write `.md` and `.svg` beside the rows.

    path (Path): JSON lines of `study.py run`.
    title (str): Heading.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    splits = [name for name in rows[0] if isinstance(rows[0][name], dict)]
    text = f"# {title or path.stem}\n\n" if title or path.stem else ""
    for split in splits:
        text += f"{split}, F1, mean ± sd over seeds\n\n{table(rows, split)}\n"
    text += costs(rows)
    path.with_suffix(".md").write_text(text, encoding="utf8")
    plot(rows, splits[-1], path.with_suffix(".svg"))
    print(text)


def table(rows: Rows, split: str) -> str:
    """RETURNS (str): A line for each share of labels, variant and recipe, with gains over text-only runs."""
    lines = ["| labels | | F1 | over baseline | p | over self-training | p |", "| --- " * 7 + "|"]
    for fraction in sorted({row["fraction"] for row in rows}):
        for variant in _variants(rows):
            # A variant that changes neither control is compared with those of the others.
            here = [r for r in rows if r["fraction"] == fraction and r["variant"] in ("full", variant)]
            controls = {
                control: {
                    r["seed"]: r[split]["student"]
                    for r in sorted(here, key=lambda r: r["variant"] == variant)
                    if r["recipe"] == control
                }
                for control in ("baseline", "self-training")
            }
            for name, (recipe, view) in LINES.items():
                found = {
                    r["seed"]: r[split][view]
                    for r in here
                    if r["recipe"] == recipe and r["variant"] == variant
                }
                if found:
                    label = _label(name, variant)
                    gains = [_gain(found, {} if name == c else runs) for c, runs in controls.items()]
                    gains = ["| |", "| |"] if name == "baseline" else gains
                    lines.append(f"| {fraction:.0%} | {label} | {_spread(found)} {' '.join(gains)} |")
    return "\n".join(lines) + "\n"


def _variants(rows: Rows) -> list[str]:
    """RETURNS (List[str]): All of them, what they are compared with first."""
    return sorted(dict.fromkeys(row["variant"] for row in rows), key=lambda name: name != "full")


def _label(name: str, variant: str) -> str:
    return name if variant == "full" else f"{name}, {variant}"


def _spread(found: dict[int, dict[str, Any]]) -> str:
    values = [scores["f"] for scores in found.values()]
    sd = _sd(values)
    spread = "" if sd is None else f" ± {sd:.1f}"
    return f"{mean(values):.1f}{spread} (n = {len(values)})"


def _gain(found: dict[int, dict[str, Any]], base: dict[int, dict[str, Any]]) -> str:
    """RETURNS (str): Two cells: the gain over the same seeds of a control, and its p-value."""
    seeds = sorted(found.keys() & base.keys())
    if not seeds:
        return "| |"
    gain = mean(found[s]["f"] - base[s]["f"] for s in seeds)
    pairs = [(found[s].get("counts"), base[s].get("counts")) for s in seeds]
    if any(a is None or b is None for a, b in pairs):
        return f"| {gain:+.1f} |"
    return f"| {gain:+.1f} | {_p(permutation_test(pairs))}"


def permutation_test(pairs: list[tuple[Any, Any]], n: int = 2000, seed: int = 0) -> float:
    """Paired approximate randomization over texts (Yeh 2000), the same texts swapped for all seeds.

    pairs (List[Tuple]): For each seed the counts of the texts by two systems: (tp, fp, fn) a text.
    n (int): Random swaps.
    seed (int): Draws them.
    RETURNS (float): Probability of a difference in mean F1 at least as large if there were none.
    """
    rng, n_texts = random.Random(seed), len(pairs[0][0])
    # The first row swaps nothing: it is what was observed.
    swaps = numpy.array(
        [[False] * n_texts, *([rng.random() < 0.5 for _ in range(n_texts)] for _ in range(n))]
    )
    gaps = numpy.zeros(n + 1)
    for counts in pairs:
        first, second = (numpy.array(each, dtype=float) for each in counts)
        moved = swaps @ (second - first)
        gaps += _f(first.sum(0) + moved) - _f(second.sum(0) - moved)
    extreme = numpy.abs(gaps) >= abs(gaps[0])
    return float(extreme.mean())


def _f(sums: numpy.ndarray) -> numpy.ndarray:
    """RETURNS (ndarray): F1 of rows of true positives, false positives, false negatives."""
    tp, fp, fn = sums.T
    return 2 * tp / numpy.maximum(2 * tp + fp + fn, 1)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def costs(rows: Rows) -> str:
    """RETURNS (str): What the runs took; a run that was interrupted or taken over tells no time."""
    lines = ["| | training, s | labelling, s | peak memory, MB | words of CoT |", "| --- " * 5 + "|"]
    by_recipe: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_recipe[f"{row['fraction']:.0%} {_label(row['recipe'], row['variant'])}"].append(row)
    for name, group in by_recipe.items():
        labelling, seconds, peak = (
            median([row[key] for row in group if row.get(key)] or [0])
            for key in ("label_seconds", "train_seconds", "peak_mb")
        )
        words = round(mean(row.get("cot_words", 0) for row in group))
        lines.append(f"| {name} | {seconds:.0f} | {labelling:.0f} | {peak:.0f} | {words or '-'} |")
    machines = "; ".join(sorted({f"{row['machine']}, torch {row['torch']}" for row in rows}))
    return "\n".join(lines) + f"\n\nMachine: {machines}.\n"


def plot(rows: Rows, split: str, path: Path) -> None:
    """Draw F1 over the share of labels, or a line for each row of the table where there is only one share.

    Needs `pip install -e ".[benchmarks]"`.

    rows (List[Dict[str, Any]]): The runs.
    split (str): "dev" or a test set.
    path (Path): The `.svg` file.
    """
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same rows give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "study"})
    from matplotlib import pyplot

    points = _points(rows, split)
    # A line of the table has one colour, whatever the variant.
    colors = {name: f"C{i}" for i, name in enumerate(LINES)}
    if len({share for *_, share in points}) == 1:
        labels = [_label(name, variant) for name, variant, _ in points]
        figure, axes = pyplot.subplots(figsize=(5 + 0.07 * max(map(len, labels)), 1.2 + 0.3 * len(points)))
        for place, ((name, *_), values) in enumerate(points.items()):
            axes.errorbar(mean(values), place, xerr=_sd(values), fmt="o", capsize=3, color=colors[name])
        axes.set(yticks=range(len(points)), yticklabels=labels, xlabel=f"{split} F1")
        axes.set(ylim=(-0.5, len(points) - 0.5))
        axes.invert_yaxis()
    else:
        figure, axes = pyplot.subplots(figsize=(8, 4))
        for name, variant in dict.fromkeys(line[:2] for line in points):
            shares = sorted(share for *line, share in points if line == [name, variant])
            groups = [points[name, variant, share] for share in shares]
            axes.errorbar(
                [100 * share for share in shares],
                list(map(mean, groups)),
                [_sd(values) or 0.0 for values in groups],
                fmt="o-" if variant == "full" else "o--",
                capsize=3,
                color=colors[name],
                label=_label(name, variant),
            )
        percents = sorted({100 * share for *_, share in points})
        axes.set(xscale="log", xlabel="labelled training texts, %", ylabel=f"{split} F1")
        axes.set_xticks(percents, [f"{each:g}" for each in percents])
        axes.set_xticks([], minor=True)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _points(rows: Rows, split: str) -> dict[tuple[str, str, float], list[float]]:
    """F1 of all seeds by the line of the table, the variant and the share of labels."""
    points: dict[tuple[str, str, float], list[float]] = defaultdict(list)
    for variant in _variants(rows):
        for name, (recipe, view) in LINES.items():
            for row in rows:
                if row["recipe"] == recipe and row["variant"] == variant:
                    points[name, variant, row["fraction"]].append(row[split][view]["f"])
    return points


def _sd(values: list[float]) -> float | None:
    """RETURNS (Optional[float]): Sample standard deviation, None where one run tells nothing."""
    return stdev(values) if len(values) > 1 else None
