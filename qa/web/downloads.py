"""Saving conversations and kept quotes: `/conversations/12.md` and the like, for the visitor whose they are and nobody else."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from index import QAError, StorageError
from qa.citing import write_bibtex, write_csl_json
from qa.conversations import ConversationInfo, Conversations, KeptTurn
from qa.exports import export_conversation
from qa.kept import KeptQuotes
from qa.reports import Line, describe_conversation, describe_quote, describe_time, write_report
from qa.typesetting import MissingPackage
from qa.web import strings
from qa.web.host import NotReady
from qa.web.kept.events import FILE_KINDS, Listed, read_citation, read_metadata
from qa.web.library.libraries import Libraries
from qa.web.security.guard import visitor_of

MEDIA = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".md": "text/markdown",
    ".html": "text/html",
    ".json": "application/json",
}
_REPORTS = (".docx", ".pdf")  # the others can be verified, so they hold the records too
_LONGEST_NAME = 60  # characters


def download_routes(store: Conversations) -> list[Any]:
    """The routes.

    Args:
        store: Where conversations are kept.
    """

    async def download(request: Request) -> Response:
        number, suffix = request.path_params["number"], f".{request.path_params['suffix']}"
        visitor = visitor_of(request)
        if suffix not in MEDIA or number >= 2**63 or not visitor:
            return PlainTextResponse(f"{strings.CONVERSATION_GONE}\n", 404)
        try:
            info = store.find(visitor, number)
            turns = await run_in_threadpool(store.turns, visitor, number)
        except StorageError as error:
            return PlainTextResponse(f"{error}\n", 503)
        if info is None or not turns:
            return PlainTextResponse(f"{strings.CONVERSATION_GONE}\n", 404)
        try:
            content = await run_in_threadpool(make, suffix, info, turns)
        except MissingPackage as error:
            return PlainTextResponse(f"{error}\n", 503)
        return send_file(content, info.title, suffix, media=MEDIA[suffix])

    def make(suffix: str, info: ConversationInfo, turns: tuple[KeptTurn, ...]) -> str | bytes:
        if suffix in _REPORTS:
            return write_report(suffix, describe_conversation(info, turns))
        return export_conversation(suffix, info, turns)

    return [Route("/conversations/{number:int}.{suffix:str}", download)]


def send_file(content: str | bytes, title: str, suffix: str, *, media: str) -> Response:
    """Send a file to be saved under its title."""
    name = make_file_name(title)
    plain = name.encode("ascii", "ignore").decode("ascii").strip("-. ") or "conversation"
    disposition = f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{quote(name + suffix, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(content, media_type=media, headers=headers)


def make_file_name(title: str) -> str:
    """A title as the name of a file, without its ending, that every system takes."""
    words = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", title))
    return words[:_LONGEST_NAME].strip("-._") or "conversation"


def kept_routes(store: KeptQuotes, libraries: Libraries) -> list[Any]:
    """The route.

    Args:
        store: Where quotes are kept.
        libraries: Know the documents; the address names the library.
    """

    def work(request: Request) -> Response:
        suffix, visitor = f".{request.path_params['suffix']}", visitor_of(request)
        if suffix not in FILE_KINDS or not visitor:
            return PlainTextResponse(f"{strings.KEPT_GONE}\n", 404)
        host = libraries.find(request.query_params)
        try:
            quotes, _ = store.quotes(visitor, host.call(lambda assistant: assistant.key))
            listed = [(quote, citation, "") for quote in quotes if (citation := read_citation(quote))]
            cited = read_metadata(host, [citation for _, citation, _ in listed])
            if not listed:
                return PlainTextResponse(f"{strings.KEPT_GONE}\n", 404)
            if suffix == ".bib":
                return send_file(write_bibtex(cited), strings.KEPT_QUOTES, suffix, media="application/x-bibtex")
            if suffix == ".json":
                media = "application/vnd.citationstyles.csl+json"
                return send_file(write_csl_json(cited), strings.KEPT_QUOTES, suffix, media=media)
            report = write_report(suffix, describe_kept(listed))
            return send_file(report, strings.KEPT_QUOTES, suffix, media=MEDIA[suffix])
        except (QAError, NotReady) as error:
            return PlainTextResponse(f"{error}\n", 503)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(work, request)

    return [Route("/kept/quotes.{suffix:str}", endpoint)]


def describe_kept(quotes: list[Listed]) -> Iterator[Line]:
    """Describe kept quotes as a report: under each question, in the order of the list, its quotes with their notes."""
    yield Line("title", strings.KEPT_QUOTES)
    question = None
    for kept, citation, _ in quotes:
        if kept.question != question:
            question = kept.question
            yield Line("heading", " ".join(question.split()))
        words, source = describe_quote(citation)
        yield words
        yield Line("source", f"{source.text}. {describe_time(kept.kept)}")
        if kept.note:
            yield Line("note", kept.note)
