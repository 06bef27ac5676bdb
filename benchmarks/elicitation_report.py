"""Writes results/elicitation.md from the JSON files that the other scripts wrote.

python benchmarks/elicitation_report.py
"""

from __future__ import annotations

import json
from typing import Any

from elicitation_server import RESULTS

GOAL_RATE, GOAL_WARM = 0.95, 5000


def load(name: str) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): What a script wrote."""
    return dict(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf8")))


def load_of(*results: dict[str, Any]) -> str:
    """RETURNS (str): How busy the machine was when the measurements began."""
    loads = sorted(result["machine"]["load_average_before"] for result in results)
    return f"{loads[0]:.1f} to {loads[-1]:.1f}"


def throughput(result: dict[str, Any]) -> tuple[str, str, str]:
    """RETURNS (Tuple[str, str, str]): What, command, result."""
    setup, runs = result["setup"], result["runs"]
    shares = ", ".join(f"{run['share_of_ideal']:.1%}" for run in runs)
    cpu = ", ".join(f"{run['client_cpu_ms_per_request']:.2f}" for run in runs)
    ideal = setup["concurrency"] / setup["latency"]
    return (
        f"rate, {setup['concurrency']} at once, {setup['requests']:,} requests",
        f"elicitation_throughput.py --requests {setup['requests']} --runs {len(runs)}",
        f"{shares} of the ideal {ideal:.0f}/s (goal {GOAL_RATE:.0%}); {cpu} ms client CPU a request",
    )


def faults(result: dict[str, Any]) -> tuple[str, str, str]:
    """RETURNS (Tuple[str, str, str]): What, command, result."""
    setup, runs = result["setup"], result["runs"]
    total = {
        key: sum(run[key] for run in runs) for key in ("failed_attempts", "sent", "stored", "stored_keys")
    }
    answered, failed = (sum(run["outcomes"].get(key, 0) for run in runs) for key in ("answered", "failed"))
    again = sum(run["server"]["answered_again"] for run in runs)
    return (
        "429 (5 %), 500 (3 %), dropped (1 %), cut (1 %), hanging (0.5 %)",
        f"elicitation_throughput.py --faults --requests {setup['requests']} --runs {len(runs)}",
        f"{answered:,} answered, {failed} failed and listed; {total['stored']:,} stored under "
        f"{total['stored_keys']:,} keys; {total['sent']:,} requests sent, {total['failed_attempts']} of them "
        f"failed; {again} answered requests asked again",
    )


def kills(result: dict[str, Any]) -> tuple[str, str, str]:
    """RETURNS (Tuple[str, str, str]): What, command, result."""
    setup = result["setup"]
    same = "equals" if result["final_store_equals_that_of_an_undisturbed_run"] else "DIFFERS FROM"
    return (
        f"SIGKILL at {setup['kills']} moments of {setup['docs']:,} Docs, seed {setup['seed']}",
        "elicitation_kill.py",
        f"final store {same} that of an undisturbed run; "
        f"{result['stored_answers_that_were_asked_for_again']} stored answers asked for again; "
        f"{result['lost_in_flight']} answers were on their way when the client died "
        f"(at most {result['most_that_could_be_in_flight']} could be)",
    )


def warm(result: dict[str, Any]) -> tuple[str, str, str]:
    """RETURNS (Tuple[str, str, str]): What, command, result."""
    memory = result["memory_mib"]
    return (
        f"warm store, {result['texts']:,} texts, {len(result['grains'])} grains",
        f"elicitation_warm.py --texts {result['texts']}",
        f"{result['requests']} requests; {result['answers_per_second']:,} answers/s, "
        f"{result['answers_per_cpu_second']:,} per CPU second (goal {GOAL_WARM:,}); "
        f"memory {memory['after_first_file']:.0f} MiB after the first file, {memory['at_the_end']:.0f} at "
        "the end ([figure](elicitation_memory.svg))",
    )


def inspected(result: dict[str, Any]) -> tuple[str, str, str]:
    """RETURNS (Tuple[str, str, str]): What, command, result."""
    ((name, grain),) = result["grains"].items()
    return (
        "recorded knowledge of Twitter-2017 train",
        "`python -m spacy cotner inspect`",
        f"{grain['docs']:,} of {result['docs']:,} Docs; median {grain['words'][1]:.0f} words; "
        f"{grain['mentioned'] / grain['entities']:.1%} of {grain['entities']:,} gold entities mentioned in "
        f"{name!r}; gold labels repeated in {result['leaking']} Docs",
    )


def local(result: dict[str, Any]) -> str:
    """RETURNS (str): A paragraph and a table about the embedded model."""
    setup, lines = (
        result["setup"],
        ["| step | Docs | yield | not used | first result |", "| --- | --- | --- | --- | --- |"],
    )
    for step, counts in result["results"].items():
        good = counts["kept"] if "kept" in counts else counts.get("answered", 0)
        known = ("docs", "example", "answered", "kept", "why")
        why = counts.get("why") or {key: count for key, count in counts.items() if key not in known}
        reasons = ", ".join(f"{reason} {count}" for reason, count in why.items()) or "-"
        example = " ".join(counts["example"].split()).replace("|", "/")
        example = example[:157] + "…" if len(example) > 160 else example
        lines.append(f"| {step} | {counts['docs']} | {good} | {reasons} | {example or '-'} |")
    return (
        f"{setup['model']} in process (`--source local`), {setup['docs']} sample Docs, at most "
        f"{setup['max_tokens']} tokens, one thread: "
        f"`elicitation_local.py --docs {setup['docs']} --max-tokens {setup['max_tokens']}`, "
        f"{result['seconds']} s ({result['cpu_seconds']} s of CPU). It proves the path, not the model: "
        "answers are fluent and mostly wrong.\n\n" + "\n".join(lines)
    )


def main() -> None:
    names = ("throughput", "faults", "kill", "warm", "local")
    results = {name: load(f"elicitation_{name}") for name in names}
    rows = [
        throughput(results["throughput"]),
        faults(results["faults"]),
        kills(results["kill"]),
        warm(results["warm"]),
        inspected(load("elicitation_inspect")),
    ]
    on = results["throughput"]["machine"]
    text = (
        "# Elicitation: measurements\n\n"
        "Written by `benchmarks/elicitation_report.py` from the JSON files beside it.\n\n"
        f"{on['cores']} cores, Python {on['python']}, openai {on['openai']}, spaCy {on['spacy']}; fake "
        "server on loopback, 200 ms latency (kill: 100 ms), in a process of its own. Load average before the "
        f"runs: {load_of(*results.values())} on {on['cores']} cores. Above 1, the machine was busy "
        "with other work: rates are lower bounds, CPU times are inflated, counts do not depend on it.\n\n"
        "| what | command | result |\n| --- | --- | --- |\n"
    )
    text += "".join(
        f"| {what} | {command if '`' in command else f'`{command}`'} | {result} |\n"
        for what, command, result in rows
    )
    text += f"\n## The embedded model\n\n{local(results['local'])}\n"
    (RESULTS / "elicitation.md").write_text(text, encoding="utf8")
    print(text)


if __name__ == "__main__":
    main()
