"""OpenAI's API, with its real client: the same answers as Python, its errors, and streaming."""

import json

import jsonschema
import openai
import pytest
from fruit import FIGS, write_documents
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette
from starlette.testclient import TestClient
from toy_encoder import ToyEncoder
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from qa import Assistant
from qa.exports import describe_in_markdown
from qa.web.api.completions import EARLIER, _answer, complete_answer, completion_routes, describe_completions
from qa.web.api.tools import Tools
from qa.web.host import AssistantHost

pytest_plugins = ["web_fixtures"]
FOUR_DAYS = "Can Israel beat Iran in four days?"
NOWHERE = "What is the capital of France?"
JSON_TYPE = {"Content-Type": "application/json"}
USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.fixture(scope="module")
def client(seed_server):
    """The real client."""
    with openai.OpenAI(base_url=f"{seed_server.address}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def user(content):
    """A message of the user."""
    return {"role": "user", "content": content}


def complete(client, *messages, **options):
    """Ask for a completion."""
    return client.chat.completions.create(model="qa", messages=list(messages), **options)


def post(server, content):
    """Send a body; returns status and the error."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    status, text = server.get("/v1/chat/completions", JSON_TYPE, body)
    return status, json.loads(text)["error"]


def test_content_is_the_quotes_with_their_places(client, assistant):
    """The content is Markdown as reports have it; the answer beside it is that of Python."""
    question = "What does the rhetoric that Israel could defeat Iran in four days oversimplify?"
    completion = complete(client, user(question))
    answer = assistant.ask(question)
    words = answer.citations[0].answer
    assert words == "the complex and asymmetric nature of the conflict"
    quote = answer.citations[0].quote.replace(words, f"**{words}**")
    assert completion.choices[0].message.content.split("\n\n")[:3] == [
        f"Answered, confidence {answer.confidence:.2f}.",
        f"> {quote}",
        r"\[1\] 000\_5ac88f397c9b21b0.txt, paragraph 2",
    ]
    assert completion.choices[0].message.content == describe_in_markdown(answer.to_dict())
    assert completion.model_extra["qa"] == answer.to_dict()
    assert (completion.object, completion.model, completion.usage.to_dict()) == ("chat.completion", "qa", USAGE)
    assert (completion.choices[0].message.role, completion.choices[0].finish_reason) == ("assistant", "stop")


def test_what_the_sources_do_not_say_is_said_to_be_missing(client, assistant):
    """The first line says so, and the closest passages follow."""
    completion = complete(client, {"role": "system", "content": "Be brief."}, user(NOWHERE), temperature=1.5, n=2)
    assert completion.choices[0].message.content.startswith("Not in the sources, confidence 0.")
    assert len(completion.choices) == 1
    assert completion.model_extra["qa"] == assistant.ask(NOWHERE).to_dict()


def test_earlier_messages_of_the_user_are_the_history(client, assistant):
    """A question that refers back is searched as in a conversation; what could not be asked before is passed over."""
    conversation = assistant.conversation()
    conversation.ask(FOUR_DAYS)
    expected = conversation.ask("Why not?")
    assert "(asked after:" in expected.searched
    parts = [{"type": "text", "text": "Why"}, {"type": "text", "text": "not?"}]
    before = [user("Hello!"), user("?!"), user(FOUR_DAYS), {"role": "assistant", "content": "\u2026"}]
    assert complete(client, *before, user("Why not?")).model_extra["qa"] == expected.to_dict()
    told = complete(client, *before, user(parts), {"role": "assistant", "content": None}).model_extra["qa"]
    assert (told["question"], told["citations"]) == ("Why\nnot?", expected.to_dict()["citations"])


def test_long_history_gives_the_answer_of_the_whole(tmp_path):
    """Of many earlier questions those that count are kept: the first, and the latest."""
    folder = write_documents(tmp_path / "documents", figs=FIGS)
    said = [f"Where is fig {number}?" for number in range(3 * EARLIER)]
    with Assistant.open(folder, encoder=ToyEncoder(), reader=None, home=tmp_path) as assistant:
        assert _answer(assistant, [*said, "Why?"]) == assistant.conversation(said).ask("Why?")


def test_streamed_chunks_make_the_same_content(client, assistant):
    """The paragraphs come in chunks; the last has the answer, and one more the usage where it is wanted."""
    chunks = list(complete(client, user(FOUR_DAYS), stream=True))
    *others, usage = complete(client, user(FOUR_DAYS), stream=True, stream_options={"include_usage": True})
    assert (usage.choices, usage.usage.to_dict()) == ([], USAGE)
    for stream in (chunks, others):
        deltas = [chunk.choices[0].delta for chunk in stream]
        assert len(deltas) > 3 and deltas[0].role == "assistant"
        content = "".join(delta.content or "" for delta in deltas)
        assert content == describe_in_markdown(assistant.ask(FOUR_DAYS).to_dict())
        assert [chunk.choices[0].finish_reason for chunk in stream] == [None] * (len(stream) - 1) + ["stop"]
        assert stream[-1].model_extra["qa"] == assistant.ask(FOUR_DAYS).to_dict()
        assert len({chunk.id for chunk in stream}) == 1


def test_models_are_listed(client):
    """There is one model, and every other name is an error of its own."""
    assert [model.id for model in client.models.list()] == ["qa"]
    assert client.models.retrieve("qa").owned_by == "qa-verbatim"
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("gpt")
    assert raised.value.body == {
        "message": "There is no model 'gpt'. There is one, 'qa'.", "type": "invalid_request_error", "param": "model",
        "code": "model_not_found",
    }  # fmt: skip
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt", messages=[user("Who?")])


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        pytest.param(b"{", "The arguments are not one JSON object.", None, id="half"),
        pytest.param(b"[" * 100_000, "The arguments are not one JSON object.", None, id="deep"),
        pytest.param([], "The arguments are not one JSON object.", None, id="list"),
        pytest.param({"model": "qa"}, "argument 'messages': field required.", "messages", id="no messages"),
        pytest.param(
            {"model": "qa", "messages": []}, "argument 'messages': list should have at least 1 item", "messages", id="none"
        ),
        pytest.param(
            {"model": "qa", "messages": [{"role": "system", "content": "a"}]},
            "No message is from the user, so there is no question.", "messages", id="no question",
        ),
        pytest.param({"model": 3, "messages": [user("a")]}, "argument 'model': input should be a", "model", id="model"),
        pytest.param(
            {"model": "qa", "messages": [user("a")], "stream": 1}, "argument 'stream': input should be a", "stream", id="stream"
        ),
        pytest.param(
            {"model": "qa", "messages": [user([{"type": "image_url", "image_url": {"url": "x"}}])]},
            "argument 'messages.0.content", "messages", id="picture",
        ),
        pytest.param({"model": "qa", "messages": [user("?!")]}, "the question has no word in it.", "messages", id="no word"),
    ],
)  # fmt: skip
def test_requests_that_do_not_fit_have_errors_as_openai_words_them(seed_server, body, message, param):
    """Status 400, one line, and the property that is wrong."""
    status, error = post(seed_server, body)
    assert status == 400 and error["message"].startswith(message) and "\n" not in error["message"]
    assert {key: error[key] for key in error if key != "message"} == {
        "type": "invalid_request_error", "param": param, "code": None
    }  # fmt: skip


def test_long_question_has_the_code_that_clients_look_for(client):
    """The client raises an error with that code."""
    with pytest.raises(openai.BadRequestError, match="at most 4,000 can be searched") as raised:
        complete(client, user("a" * 4001))
    assert raised.value.code == "context_length_exceeded"


def test_requests_before_loading_has_ended_are_turned_away():
    """They are told to come again, which clients do by themselves after this status."""
    routes = completion_routes(Tools(AssistantHost(lambda on_progress: None)))
    reply = TestClient(Starlette(routes=routes)).post(
        "/v1/chat/completions", json={"model": "qa", "messages": [user("a")]}
    )
    assert reply.status_code == 503
    assert reply.json()["error"]["type"] == "server_error" and "still loading" in reply.json()["error"]["message"]


@pytest.mark.parametrize("answer", [WHEN, BOTH, GREETING, GUIDANCE, CORRECTED])
def test_every_kind_of_answer_fits_the_description(answer):
    """Parts, greetings and guidance have a content; a completion fits its schema, and a key more would not."""
    completion = complete_answer(answer)
    assert completion["choices"][0]["message"]["content"].strip()
    _, schemas = describe_completions()
    schema = schemas["Completion"]
    del schema["properties"]["qa"]["$ref"]
    jsonschema.validate(completion, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**completion, "more": 1}, schema)


def test_description_is_valid_and_names_the_paths(seed_server):
    """/openapi.json describes them among the other calls."""
    described = json.loads(seed_server.get("/openapi.json")[1])
    OpenAPIV31SpecValidator(described).validate()
    assert {"/v1/chat/completions", "/v1/models", "/v1/models/{model}"} <= described["paths"].keys()
