"""The dependency direction: a module never imports one above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import spacy_cotner

ROOT = Path(spacy_cotner.__file__).parent
HEAVY = {"torch", "thinc", "transformers", "spacy_transformers"}

# Part of the package -> the parts that it may import, besides itself.
BELOW = {
    "errors": set(),
    "types": {"errors"},
    "characters": set(),
    "inverses": {"types", "errors"},
    "scorers": {"inverses", "types", "errors"},
    "modules": set(),
    "models": {"modules", "types", "errors"},
    "elicitation": {"types", "errors"},
    "data": {"types", "errors"},
    "visual": {"types", "errors", "characters"},
    "export": {"types", "errors", "characters"},
    "predictions": {"types", "errors"},
    "pipeline": {"models", "modules", "elicitation", "data", "scorers", "inverses", "types", "errors"},
    "__init__": {"errors", "types", "visual"},
}


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path):
    """Absolute names of everything that a file imports, also inside functions."""
    package = ["spacy_cotner", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            if module == ["spacy_cotner"] or (node.level and not node.module):
                yield from (".".join([*module, alias.name]) for alias in node.names)
            else:
                yield ".".join(module)


FILES = sorted(path for path in ROOT.rglob("*.py") if part_of(path) in BELOW)


def test_every_part_is_known():
    """A new part of the package has to say where it stands; commands may import everything."""
    parts = {part_of(path) for path in ROOT.rglob("*.py")}
    above = {part for part in parts if part not in BELOW}
    lower = {part for path in FILES for name in imports(path) if (part := own_part(name))}
    assert not above & lower


def own_part(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "spacy_cotner" and len(parts) > 1 else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path):
    part = part_of(path)
    for name in imports(path):
        other = own_part(name)
        if other and (ROOT / other).exists() | (ROOT / f"{other}.py").exists():
            assert other == part or other in BELOW[part], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", [p for p in FILES if part_of(p) == "modules"], ids=lambda path: path.name)
def test_modules_import_torch_only(path):
    for name in imports(path):
        assert name.split(".")[0] in {"torch", "typing", "math", "collections", "__future__", "spacy_cotner"}


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if part_of(p) in {"elicitation", "data", "visual", "export", "types", "errors"}],
    ids=lambda p: p.name,
)
def test_no_heavy_imports(path):
    assert not HEAVY & {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", [p for p in FILES if part_of(p) == "pipeline"], ids=lambda path: path.name)
def test_factories_have_real_annotations(path):
    """PITFALL: spaCy builds pydantic schemas of factories and `initialize`, not of strings."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    special = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if "initialize" in special:
        assert "__future__" not in set(imports(path))
