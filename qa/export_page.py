"""A conversation as one HTML page that stands by itself: no script, nothing fetched, light and dark, ready to be printed."""

from collections.abc import Mapping
from typing import Any

from qa.answer_files import answer_sections, describe_remarks, tell_verdict
from qa.answer_tables import answer_span
from qa.citations import Citation
from qa.web.markup import Mark, escape, line_class, render_marked

RECORDS_OPEN, RECORDS_CLOSE = '<pre id="records">', "</pre>"
_STYLE = """
:root { color-scheme: light dark; --muted: #586068; --line: #dfdfda; --mark: #ffefb0; --mark-text: #1d2125; }
@media (prefers-color-scheme: dark) {
:root { --muted: #a6aeb5; --line: #32393f; --mark: #57480f; --mark-text: #fff3cc; }
}
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.25rem; }
figure { margin: 1rem 0; break-inside: avoid; }
blockquote { margin: 0; padding-left: 1rem; border-left: 3px solid var(--line); font-family: Charter, Cambria, Georgia, serif; }
.qa-lines { white-space: pre-wrap; }
mark { background: var(--mark); color: var(--mark-text); }
figcaption, .about { color: var(--muted); font-size: 0.8125rem; }
figcaption { margin-top: 0.35rem; }
code { font-size: 0.75rem; }
pre { white-space: pre-wrap; font-size: 0.6875rem; color: var(--muted); }
@media print {
body { max-width: none; margin: 0; }
h2 { break-after: avoid; }
mark { background: none; color: inherit; text-decoration: underline; }
details { display: none; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_page(content: Mapping[str, Any], records: str) -> str:
    """Make the page.

    Args:
        content: `title` and `turns`, each with `asked` and `answer`.
        records: The same as JSON, to be put into the page for `qa verify`.

    Returns:
        The page, escaped throughout.
    """
    title = escape(content["title"])
    turns = "".join(_render_turn(turn) for turn in content["turns"])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{title}</h1>\n{turns}<details>\n<summary>Records</summary>\n'
        f'<p class="about">qa verify checks this file by what follows.</p>\n{RECORDS_OPEN}{escape(records)}{RECORDS_CLOSE}\n'
        "</details>\n</body>\n</html>\n"
    )


def _render_turn(turn: Mapping[str, Any]) -> str:
    answer = turn["answer"]
    asked = f'<time datetime="{escape(turn["asked"])}">{escape(turn["asked"])}</time>.'
    head = f'<section>\n<h2 dir="auto">{escape(answer["question"])}</h2>\n'
    head += f'<p class="about">{asked}</p>\n' if answer.get("parts") else ""
    head += "".join(f'<p class="about" dir="auto">{escape(line)}</p>\n' for line in describe_remarks(answer))
    body = ""
    for part, citations in answer_sections(answer):
        verdict = tell_verdict(part, escape)
        if part is not answer:
            body += f'<h3 dir="auto">{escape(part["question"])}</h3>\n<p class="about">{verdict}</p>\n'
        else:
            body += f'<p class="about">{asked} {verdict}</p>\n'
        body += "".join(_render_citation(number, citation) for number, citation in citations)
    return f'{head}{body}<p class="about">Answer <code>{escape(answer["hash"])}</code></p>\n</section>\n'


def _render_citation(number: int, citation: Mapping[str, Any]) -> str:
    passage, start = citation["passage"], citation["passage_start"]
    mark = Mark(citation["start"], citation["end"], f'title="[{number}]"', answer_span(citation))
    shown = render_marked(passage, start, [mark])
    place = f"{citation['source']}, {Citation(**citation).locator()}"
    return (
        f'<figure>\n<blockquote class="{line_class(passage)}" dir="auto">{shown}</blockquote>\n'
        f"<figcaption>[{number}] <bdi>{escape(place)}</bdi><br>characters {citation['start']:d} to {citation['end']:d} "
        f"of text <code>{escape(citation['text_sha256'])}</code></figcaption>\n</figure>\n"
    )
