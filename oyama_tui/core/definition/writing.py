"""Values as YAML that is read back as they are."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_READ_OTHERWISE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON has as it is in a text, and YAML refuses there, or takes for the end of a line: a U+0085 would become a blank."""


def as_yaml(value: Any) -> str:
    """Write a value of JSON as YAML on one line: as JSON, with everything escaped that YAML reads otherwise.

    Args:
        value: Any value that JSON has.
    """
    return _READ_OTHERWISE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))
