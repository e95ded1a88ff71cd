"""A report as one page of HTML that needs nothing else: no script, nothing from outside, everything escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from oyama_tui.core.report.evidence import RunEvidence
from oyama_tui.core.report.parts import Facts, Heading, Note, Part, Said, Table, parts_of, title_of

_STYLE: Final = """
:root { color-scheme: light dark; --text: #1c2024; --dim: #60646c; --line: #d9d9e0; --box: #f4f4f6; --good: #18794e; --bad: #c62a2f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #edeef0; --dim: #b0b4ba; --line: #43484e; --box: #212225; --good: #4cc38a; --bad: #ff9592; }
  body { background: #111113; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3 { font-size: 1.05rem; margin-top: 1.8rem; }
h1, h2, h3, td, dd, p { overflow-wrap: anywhere; unicode-bidi: isolate; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .15rem 1rem; } dt { color: var(--dim); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--dim); font-weight: 500; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { white-space: pre-wrap; min-width: 5rem; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .7rem; overflow-wrap: anywhere;
  white-space: pre-wrap; font: 13px/1.45 ui-monospace, monospace; margin: .3rem 0 1rem; unicode-bidi: isolate; }
figure { margin: .8rem 0; } figcaption { color: var(--dim); }
.good::before { content: "\\2713  "; color: var(--good); } .bad { color: var(--bad); } .bad::before { content: "\\2717  "; }
@media print {
  :root { --text: #000; --dim: #444; --line: #bbb; --box: #fff; --good: #000; --bad: #000; }
  body { background: #fff; max-width: none; margin: 0; font-size: 10pt; } pre { font-size: 8.5pt; }
  h2, h3, figcaption { break-after: avoid; } tr, dt, dd { break-inside: avoid; } thead { display: table-header-group; }
}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_page(found: RunEvidence) -> str:
    """The whole page.

    Args:
        found: What is known of the run.
    """
    title = escape(title_of(found))
    body = "\n".join(piece for part in parts_of(found) for piece in _shown(part))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _shown(part: Part) -> Iterator[str]:
    match part:
        case Heading(text, level):
            yield f"<h{level}>{escape(text)}</h{level}>"
        case Facts(rows):
            yield f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in rows)}</dl>"
        case Table(titles, rows):
            yield f"<table><thead><tr>{''.join(f'<th>{escape(title)}</th>' for title in titles)}</tr></thead><tbody>"
            for row in rows:
                yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            yield "</tbody></table>"
        case Said(title, text):
            # The first line break after the opening word is not shown by browsers.
            yield f"<figure><figcaption>{escape(title)}</figcaption><pre>\n{escape(text)}</pre></figure>"
        case Note(text, good):
            kind = "" if good is None else ' class="good"' if good else ' class="bad"'
            yield f"<p{kind}>{escape(text)}</p>"
