"""Commands with files of runs that cannot do what is wanted, for the table of exit codes."""

from __future__ import annotations

from tests.cli.program import LINEAR, Oyama


def exported(oyama: Oyama) -> str:
    """A run that has ended, in a file."""
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    oyama("export", "linear#1", "-o", "r.oyamarun", code=0)
    return "r.oyamarun"


def there_already(oyama: Oyama) -> int:
    exported(oyama)
    return oyama("export", "linear#1", "-o", "r.oyamarun").code


def imported(oyama: Oyama) -> int:
    elsewhere = {"OYAMA_HOME": str(oyama.folder / "elsewhere")}
    oyama("import", exported(oyama), env=elsewhere, code=0)
    return oyama("cancel", "linear#1", env=elsewhere).code


def damaged_file(oyama: Oyama) -> int:
    file = oyama.folder / exported(oyama)
    file.write_bytes(file.read_bytes()[:-1])
    return oyama("import", file.name).code


def nowhere_to_write(oyama: Oyama) -> int:
    exported(oyama)
    return oyama("backup", "missing/copy.db").code
