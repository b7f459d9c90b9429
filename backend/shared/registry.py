"""Engines by file name: a new engine is one new file in the folder of its kind."""

import importlib
import pkgutil
from types import ModuleType

from backend.shared.errors import AlisaError


def available(package: ModuleType) -> list[str]:
    """Names of the engines in `package`, without importing them."""
    return sorted(
        found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")
    )


def load(package: ModuleType, name: str) -> ModuleType:
    """Import the engine `name`; heavy libraries are only imported here.

    Raises:
        AlisaError: "no-such-engine", listing the engines there are.
    """
    names = available(package)
    if name not in names:
        message = f'There is no engine "{name}" in {package.__name__}; there are {", ".join(names)}.'
        raise AlisaError("no-such-engine", message)
    return importlib.import_module(f"{package.__name__}.{name}")
