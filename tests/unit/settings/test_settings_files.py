"""What ships beside the code: the example files and the documentation."""

from pathlib import Path

import pytest

from rag_server.settings import load_settings
from rag_server.settings.reference import entries

ROOT = Path(__file__).parents[3]
CONFIGS = ("development", "production", "staging")


def test_there_is_one_file_per_environment() -> None:
    found = sorted(path.stem for path in (ROOT / "deploy/configs").glob("*.yaml"))
    assert found == sorted(CONFIGS)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_shipped_file_loads_and_sets_only_what_differs(name: str) -> None:
    settings = load_settings(ROOT / "deploy/configs" / f"{name}.yaml")
    changed = settings.model_dump(exclude_defaults=True)
    given = settings.model_dump(exclude_unset=True)
    assert given
    # auth.mode is said although the address implies it.
    assert {section: sorted(fields) for section, fields in given.items()} == {
        section: sorted(fields) for section, fields in changed.items()
    }


def test_only_development_serves_strangers() -> None:
    authenticated = {
        name: load_settings(ROOT / "deploy/configs" / f"{name}.yaml").authenticated
        for name in CONFIGS
    }
    assert authenticated == {"development": False, "staging": True, "production": True}


def test_the_documentation_lists_every_setting_and_no_other() -> None:
    lines = (ROOT / "docs/settings.md").read_text().splitlines()
    documented = [line for line in lines if line.startswith("| `")]
    assert documented == [
        f"| `{entry.path}` | `{entry.variable}` | `{entry.default}` "
        f"| {entry.allowed} | {entry.meaning} |"
        for entry in entries()
    ]


def test_the_documented_defaults_are_those_of_a_server_without_settings() -> None:
    settings = load_settings(None)
    for entry in entries():
        section, _, name = entry.path.partition(".")
        value = getattr(getattr(settings, section), name)
        if entry.path != "data.cache_directory":
            assert entry.default == shown(value), entry.path


def shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).removesuffix(".0")


def test_the_cache_follows_the_desktop_convention(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert load_settings(None).data.cache_directory == tmp_path / "ragrpc"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(None).data.cache_directory == tmp_path / ".cache/ragrpc"


def test_every_setting_says_what_it_means() -> None:
    assert [entry.path for entry in entries() if len(entry.meaning) < 15] == []
