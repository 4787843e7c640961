"""Test files elsewhere: pages of a local server and file systems of fsspec, what is fetched again, faults, credentials."""

import base64
import json
import logging
import urllib.parse
import zipfile
from contextlib import closing
from types import SimpleNamespace

import fsspec
import httpx
import pytest
from page_server import SECRET, serve_pages
from toy_encoder import ToyEncoder

from index import Collection, Selection, SourceError, SourceRules, is_read
from index.addresses import Address, split_paths
from index.mirror import FetchLimits, Mirror, _choose_suffix
from index.store.sqlite_catalog import open_catalog

PAGE = "<html><head><title>Ripe fruit</title></head><body><p>{} is ripe.</p></body></html>"
OLD, NEW = "Tue, 14 Nov 2023 22:13:20 GMT", "Wed, 15 Nov 2023 22:13:20 GMT"


@pytest.fixture
def site():
    """A running server."""
    with serve_pages() as server:
        yield server


@pytest.fixture
def memory():
    """The file system in memory, empty."""
    store = fsspec.filesystem("memory")
    yield store
    for entry in store.ls("/", detail=False):
        store.rm(entry, recursive=True)


@pytest.fixture
def collection(tmp_path):
    """An empty collection."""
    with closing(Collection(tmp_path / "collection", ToyEncoder())) as opened:
        yield opened


def update(collection, *paths, **rules):
    """Update a collection to some sources."""
    return collection.update(Selection(paths, SourceRules(**rules)))


def names(collection):
    """The names shown of all documents."""
    return [document.source for document in collection.catalog.documents()]


def reasons(report):
    """Why some could not be read."""
    return [failure.reason for failure in report.failures]


def text_of(collection, name):
    """The text of a document."""
    (path,) = [document.path for document in collection.catalog.documents() if document.source == name]
    return collection.catalog.document(path).text


# Addresses


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://anna:hunter2@example.org:80/a?page=2&token=x1#part", "https://example.org:80/a?page=2"),
        ("https://ghp_abc@example.org/", "https://example.org/"),
        ("https://example.org/a?X-Amz-Signature=1&X-Amz-Credential=2", "https://example.org/a"),
        ("https://example.org/a?api%5Fkey=1&author=ann&q=eyJhbGciOi", "https://example.org/a?author=ann"),
        ("http://anna:x@[::1]:80/a", "http://[::1]:80/a"),
        ("zip://*.md::ftp://anna:hunter2@example.org/a.zip", "zip://*.md::ftp://example.org/a.zip"),
        ("github://org:repository@main/docs", "github://org:repository@main/docs"),
        ("s3://bucket/a@b/c#d.md", "s3://bucket/a@b/c#d.md"),
    ],
)
def test_addresses_are_shown_without_credentials(given, shown):
    """Users, passwords, tokens and signatures are left out, other parameters are not; what was given is kept beside."""
    address = Address(given)
    assert (str(address), repr(address), address.given) == (shown, repr(shown), given)
    assert json.dumps(Selection((given,)).paths) == json.dumps([shown])


def test_password_that_divides_the_address_is_refused():
    """A password with "/" cannot be told from the path: the message does not repeat it."""
    with pytest.raises(SourceError) as caught:
        Address("https://anna:hun/ter2@example.org/a")
    assert str(caught.value) == (
        "an address that begins with https:// cannot be read. Write / as %2F and @ as %40 in its password."
    )


def test_lists_of_addresses_are_read(tmp_path):
    """A named `.urls` file has one address a line, with comments; another line is refused by its number."""
    pages = tmp_path / "pages.urls"
    pages.write_text("# fruit\nhttps://example.org/a\n\nhttps://example.org/b\nhttps://example.org/a\n")
    paths, addresses = split_paths([tmp_path, pages])
    assert (paths, addresses) == ((tmp_path,), ("https://example.org/a", "https://example.org/b"))
    pages.write_text("https://example.org/a\nexample.org/b\n")
    with pytest.raises(SourceError, match=r"^pages.urls, line 2: no address\. Write one a line"):
        split_paths([pages])


# Pages


def test_page_is_read_under_its_address_and_fetched_again_only_when_changed(collection, site):
    """Its name is the address, its date what the server states; an ETag saves the second transfer; a new text is read."""
    page = site.put("/fruit", PAGE.format("The plum"), ETag='"1"', Last_Modified=OLD)
    assert update(collection, page).added == 1
    assert names(collection) == [page]
    assert text_of(collection, page).endswith("The plum is ripe.")
    (status,) = collection.library.statuses()
    assert (status.modified, status.metadata.title) == ("2023-11-14T22:13:20+00:00", "Ripe fruit")
    assert update(collection, page).unchanged == 1
    assert site.asked == [("/fruit", 200), ("/fruit", 304)]
    site.put("/fruit", PAGE.format("The pear"), ETag='"2"', Last_Modified=NEW)
    assert update(collection, page).changed == 1
    assert text_of(collection, page).endswith("The pear is ripe.")
    assert collection.library.statuses()[0].modified == "2023-11-15T22:13:20+00:00"
    assert not collection.is_behind(Selection((page,)))


def test_list_of_pages_is_followed(collection, site, tmp_path):
    """Each page of a list is a document; one that leaves the list goes, with its copy."""
    plum, pear = site.put("/plum", PAGE.format("The plum")), site.put("/pear.md", "# Pears\n", type="text/plain")
    site.put("/pear.md", "# Pears\n\nThe pear is ripe.\n", type="text/plain")
    pages = tmp_path / "pages.urls"
    pages.write_text(f"{plum}\n{pear}\n")
    assert update(collection, pages).added == 2
    assert text_of(collection, pear) == "Pears\n\nThe pear is ripe."
    pages.write_text(f"{pear}\n")
    assert collection.is_behind(Selection((pages,)))
    assert update(collection, pages).removed == 1
    assert names(collection) == [pear]
    assert len(list(collection.mirror.folder.iterdir())) == 1


def test_faults_are_named_and_the_rest_is_read(collection, site):
    """One line a page: not found, no access, an error of the server, a wrong type, a page for a file; no host."""
    good = site.put("/good", PAGE.format("The plum"))
    bad = [
        site.address + "/absent",
        site.put("/broken", "", status=503),
        site.put("/film", "x", type="video/mp4"),
        site.put("/paper.pdf", PAGE.format("Sign in. It")),
        site.put("/private", PAGE.format("The fig")),
        "http://elsewhere.invalid/a",
        "http://127.0.0.1:1/a",
    ]
    report = update(collection, good, *bad)
    assert names(collection) == [good]
    assert sorted(reasons(report)) == sorted(
        [
            f"{bad[0]} was not found (404). Check the address, or leave it out.",
            f"{bad[1]} cannot be fetched: its server answered 503. Try again later.",
            f"{bad[2]} is of the type video/mp4, which is not read. See: qa help formats",
            f"{bad[3]} is a web page, not a .pdf file. Open it in a browser: it may ask to sign in.",
            f"{bad[4]} refuses access (401). Name it again with its credentials, or write them to ~/.netrc.",
            "http://elsewhere.invalid/a cannot be reached: there is no such host, or no network. Try again later.",
            "http://127.0.0.1:1/a cannot be reached: Connection refused. Try again later.",
        ]
    )


STATED = {
    ("/a", "text/calendar; charset=utf-8"): ".ics",
    ("/a", "application/vnd.ms-word.document.macroEnabled.12"): ".docm",
    ("/a", "application/vnd.oasis.opendocument.text-template"): ".ott",
    ("/a.ipynb", "application/json"): ".ipynb",
    ("/a.html", "application/json"): ".json",
    ("/a.fb2", "text/xml"): ".fb2",
    ("/a", "application/xml"): ".xml",
    ("/a.srt", "application/octet-stream"): ".srt",
}


@pytest.mark.parametrize(("path", "kind"), STATED)
def test_the_stated_type_chooses_the_format(path, kind):
    """The address does where the type is vague, or says only what its format is written in."""
    assert _choose_suffix(Address(f"https://a.example{path}"), kind) == STATED[path, kind]


def test_copy_answers_while_its_server_fails_and_goes_when_the_page_goes(collection, site):
    """A failure that may pass is named, and what was fetched stays; a page that is gone goes."""
    page = site.put("/fruit", PAGE.format("The plum"))
    update(collection, page)
    site.put("/fruit", "", status=503)
    report = update(collection, page)
    fault = f"{page} cannot be fetched: its server answered 503. Try again later. What was fetched before is used."
    assert (report.unchanged, report.removed, reasons(report)) == (1, 0, [fault])
    assert not collection.is_behind(Selection((page,)))
    del site.pages["/fruit"]
    report = update(collection, page)
    assert (report.removed, reasons(report)) == (
        1,
        [f"{page} was not found (404). Check the address, or leave it out."],
    )
    assert list(collection.mirror.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/hostname", "leads on to file://, where it is not followed."),
        ("ftp://127.0.0.1/a", "leads on to ftp://, where it is not followed."),
        ("/absent", "was not found (404). Check the address, or leave it out."),
    ],
)
def test_redirects_lead_to_pages_alone(collection, site, target, reason):
    """A redirect to another page is followed; one to a file of this computer or another scheme is not."""
    site.put("/end", PAGE.format("The plum"))
    moved = site.put("/moved", "", status=301, Location="/end")
    outside = site.put("/outside", "", status=302, Location=target)
    assert reasons(update(collection, moved, outside)) == [f"{outside} {reason}"]
    assert names(collection) == [moved]


def test_redirect_from_https_to_http_is_not_followed(mirror, monkeypatch):
    """What was asked for under encryption is not asked for without."""
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://example.org/b"})

    monkeypatch.setattr("index.mirror._open_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    page = "https://example.org/a"
    assert fetch(mirror, page) == [(page, f"{page} leads on to http://, where it is not followed.")]
    assert asked == [page]


def test_type_of_a_page_is_not_told_by_its_address():
    """A page of a server that ends with .com or a script that ends with .php is not of a type that is not read."""
    names = ("https://example.com", "https://example.org/a.php", "s3://bucket/film.mp4", "film.mp4")
    assert [is_read(name) for name in names] == [True, True, False, False]


def test_redirects_in_a_circle_end(collection, site):
    """After five, the page is a failure."""
    page = site.put("/round", "", status=302, Location="/round")
    fault = f"{page} leads on and on. Open it in a browser, and name where it ends."
    assert reasons(update(collection, page)) == [fault]
    assert len(site.asked) == 6


@pytest.fixture
def mirror(tmp_path):
    """A mirror with small limits."""
    catalog = open_catalog(tmp_path / "catalog.sqlite")
    yield Mirror(catalog, tmp_path, FetchLimits(files=2, file_bytes=2_000_000, all_bytes=3_000_000, seconds=0.2))
    catalog.database.close()


def fetch(mirror, address, **rules):
    """Fetch an address, and return the names and faults of what there is then."""
    mirror.fetch([Address(address)], SourceRules(**rules))
    return [(source.name, source.fault) for source in mirror.find([Address(address)])]


def test_page_that_is_too_large_is_refused(mirror, site):
    """By the length its server states, and by what it sends, also where that is packed."""
    import gzip

    fault = "{} is larger than 2 MB. It is not fetched."
    stated = site.put("/stated", "x", Content_Length="2000001")
    assert fetch(mirror, stated) == [(stated, fault.format(stated))]
    sent = site.put("/sent", "", type="text/plain", Content_Encoding="gzip")
    site.pages["/sent"].body = gzip.compress(b"x" * 2_000_001)
    assert fetch(mirror, sent) == [(sent, fault.format(sent))]
    assert list(mirror.folder.iterdir()) == []


def test_page_that_takes_too_long_is_given_up(mirror, site, monkeypatch):
    """The time of a file is limited, however steadily its bytes come."""
    page = site.put("/slow", PAGE.format("The plum"))
    clock = iter(range(100))
    monkeypatch.setattr("index.mirror.time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert fetch(mirror, page) == [(page, f"{page} takes longer than 0 seconds. Try again later.")]


def test_timeout_is_named(collection, site, monkeypatch):
    """A server that takes a request and says nothing is given up."""
    import socket

    monkeypatch.setattr("index.mirror._ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        assert reasons(update(collection, page)) == [f"{page} does not answer. Try again later."]


# File systems


def test_folder_elsewhere_is_mirrored(collection, memory):
    """Its files have their addresses as names; what changed is fetched again, and what was deleted goes."""
    memory.pipe({"/papers/a.md": b"The plum is ripe.", "/papers/deep/b.txt": b"The pear is ripe."})
    folder = "memory://papers"
    assert update(collection, folder).added == 2
    assert names(collection) == ["memory://papers/a.md", "memory://papers/deep/b.txt"]
    read = []
    opened = type(memory)._open
    type(memory)._open = lambda self, path, *rest, **named: read.append(path) or opened(self, path, *rest, **named)
    try:
        assert update(collection, folder).unchanged == 2
        assert read == []
        memory.pipe("/papers/a.md", b"The fig is ripe.")
        read.clear()
        assert update(collection, folder).changed == 1
        assert read == ["/papers/a.md"]
    finally:
        type(memory)._open = opened
    memory.rm("/papers/deep/b.txt")
    assert update(collection, folder).removed == 1
    assert text_of(collection, "memory://papers/a.md") == "The fig is ripe."
    assert len(list(collection.mirror.folder.iterdir())) == 1


def test_rules_hold_elsewhere(collection, memory):
    """Patterns leave out files and folders, hidden ones too; files of other types are failures that are not fetched."""
    content = b"The plum is ripe."
    memory.pipe({f"/papers/{name}": content for name in ("a.md", "drafts/b.md", ".c.md", "film.mp4")})
    report = update(collection, "memory://papers", exclude=("drafts/",))
    assert names(collection) == ["memory://papers/a.md"]
    assert reasons(report) == ["memory://papers/film.mp4: files of type '.mp4' are not read. See: qa help formats"]
    assert len(list(collection.mirror.folder.iterdir())) == 1


def test_archive_is_read_without_unpacking_it(collection, tmp_path):
    """The files of a zip on this computer are documents; a changed archive is read again."""
    archive = tmp_path / "papers.zip"
    for text in ("The plum is ripe.", "The fig is ripe."):
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("deep/a.md", text)
        update(collection, f"zip://deep::{archive}")
        assert text_of(collection, f"zip://deep/a.md::{archive}") == text


def test_faults_of_file_systems_are_named(collection, tmp_path, memory):
    """A missing package, an unknown scheme, an absent file, one of this computer, an empty folder, a broken archive."""
    memory.makedirs("/empty")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    report = update(
        collection, "sftp://example.org/a", "nowhere://a", "memory://absent", "file:///etc/hostname", "memory://empty",
        f"zip://::{tmp_path}/broken.zip", "zip://::https://example.org/a.zip",
    )  # fmt: skip
    assert sorted(reasons(report)) == sorted(
        [
            'sftp://example.org/a needs another package. SFTPFileSystem requires "paramiko" to be installed.',
            "nowhere://a: there is no kind of address nowhere://. See: qa help elsewhere",
            "memory://absent was not found. Check the address, or leave it out.",
            "file:///etc/hostname is on this computer. Name it by its path, without file://.",
            "memory://empty holds no files.",
            f"zip://::{tmp_path}/broken.zip cannot be fetched (BadZipFile). Try again later.",
            "zip://::https://example.org/a.zip is inside a page. Save the archive, then name zip://::ARCHIVE.",
        ]
    )


def test_folders_have_limits(mirror, memory):
    """Too many files, too many bytes, or one file that is too large."""
    narrow = "Name a folder in it, or leave out files by patterns."
    memory.pipe({f"/many/{number}.md": b"x" for number in range(3)})
    assert fetch(mirror, "memory://many") == [("memory://many", f"memory://many holds more than 2 files. {narrow}")]
    memory.pipe({f"/much/{number}.md": b"x" * 1_900_000 for number in range(2)})
    assert fetch(mirror, "memory://much") == [("memory://much", f"memory://much holds more than 3 MB. {narrow}")]
    memory.pipe("/large/a.md", b"x" * 2_000_001)
    name = "memory://large/a.md"
    assert fetch(mirror, "memory://large") == [(name, f"{name} is larger than 2 MB. It is not fetched.")]


@pytest.mark.parametrize("elsewhere", ["page", "folder"])
def test_fetching_stops_where_that_is_asked_for(mirror, memory, site, elsewhere):
    """In the middle of a file; nothing of it is kept, and the next time goes on."""
    memory.pipe("/papers/a.md", b"The plum is ripe.")
    address = site.put("/fruit", PAGE.format("The plum")) if elsewhere == "page" else "memory://papers"
    mirror.fetch([Address(address)], SourceRules(), stopped=lambda: True)
    assert [source.fault for source in mirror.find([Address(address)])] == [f"{address} has not been fetched yet."]
    assert list(mirror.folder.iterdir()) == []
    assert [fault for _, fault in fetch(mirror, address)] == [""]


def test_copies_stay_while_a_folder_cannot_be_listed(collection, memory, monkeypatch):
    """Its files answer, and the reason is named; the next update that succeeds says nothing of it."""
    memory.pipe({"/papers/a.md": b"The plum is ripe.", "/papers/b.md": b"The pear is ripe."})
    update(collection, "memory://papers")
    with monkeypatch.context() as patch:
        patch.setattr(
            type(memory), "info", lambda *_, **__: (_ for _ in ()).throw(OSError(110, "Connection timed out"))
        )
        report = update(collection, "memory://papers")
    fault = "cannot be fetched (Connection timed out). Try again later. What was fetched before is used."
    assert (report.unchanged, reasons(report)) == (2, [f"memory://papers {fault}"])
    assert update(collection, "memory://papers").failures == ()


def test_file_that_is_named_twice_is_read_once(collection, memory):
    """By itself and with its folder; then by itself."""
    memory.pipe("/papers/a.md", b"The plum is ripe.")
    both = ("memory://papers/a.md", "memory://papers")
    report = update(collection, *both)
    assert (report.added, report.failures) == (1, ())
    assert not collection.is_behind(Selection(both))
    report = update(collection, both[0])
    assert (report.unchanged, report.removed, report.failures) == (1, 0, ())


# Credentials


def test_credentials_are_used_and_written_nowhere(tmp_path, site, caplog):
    """Password and token reach the server, also at a later update; no file, log, message or status has them."""
    caplog.set_level(logging.DEBUG)
    page = site.put("/private", PAGE.format("The plum"))
    given = page.replace("http://", f"http://anna:{SECRET}@") + f"?page=2&token={SECRET}"
    folder = tmp_path / "collection"
    with closing(Collection(folder, ToyEncoder())) as collection:
        assert update(collection, given, given.replace("private", "private/absent")).added == 1
        stored = collection.catalog.selection()
        assert stored.paths[0] == f"{page}?page=2"
        assert collection.update(stored).unchanged == 1
        shown = repr(
            (stored, collection.library.statuses(), collection.catalog.failures(), collection.catalog.documents())
        )
    assert {path for path, _ in site.asked} == {f"/private{rest}?page=2&token={SECRET}" for rest in ("", "/absent")}
    assert "/private" in caplog.text
    secrets = (SECRET, base64.b64encode(f"anna:{SECRET}".encode()).decode(), urllib.parse.quote(f"anna:{SECRET}"))
    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).decode("latin-1")
    assert [secret for secret in secrets if secret in shown + caplog.text + written] == []


def test_netrc_gives_credentials_to_stored_addresses(collection, site, tmp_path, monkeypatch):
    """What a stored address lacks is found in ~/.netrc, which no redirect to another host is given."""
    page = site.put("/private", PAGE.format("The plum"))
    assert len(update(collection, page).failures) == 1
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login anna password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert update(collection, page).failures == ()
    assert names(collection) == [page]
