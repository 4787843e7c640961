"""A check for Schemathesis: what a schema cannot say is refused for a known reason only."""

import re

import schemathesis

KNOWN = re.compile(
    "the question (is empty|has no word in it|contains half a character)|no document is (named|like)"
    "|paragraphs, and none with number|no document named .* has a text with that hash|No message is from the user"
)


@schemathesis.check
def refuses_for_known_reasons(context, response, case):
    """Arguments that the description allows fail only for what they say or name, not for their form."""
    if response.status_code == 400 and case.meta.generation.mode.is_positive:
        error = response.json()["error"]
        reason = error["message"] if isinstance(error, dict) else error  # as OpenAI has it
        assert KNOWN.search(reason), reason
