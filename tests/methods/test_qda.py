"""Export to qualitative analysis programs, read back by an independent reader."""

import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from analysis.methods.qda import Code, Passage, Source, write_codebook, write_project

WHEN = datetime(2022, 3, 1, 12, 0, tzinfo=UTC)
CODES = [
    Code("cost", "What it costs & who pays", "#1b6ca8", (Code("price", 'A "price" <per user>'),)),
    Code("fear", "Worries about daily work"),
]
TEXT = "Prisen er ukjent. Ingen vet hvem som betaler for nedetid på kontoret."
SOURCES = [
    Source("Office manager", TEXT, (
        Passage(0, 17, ("price", "fear"), "Coder A"), Passage(18, len(TEXT), ("fear",), "Coder B"),
    )),
    Source("Official", "Alle er med."),
]  # fmt: skip


def write(path):
    write_project(path, "Interviews", CODES, SOURCES, WHEN, "Analysis")
    return path


@pytest.mark.peer
def test_codebook_is_read_by_pyrefiqda(tmp_path):
    peer = pytest.importorskip("pyrefiqda")
    write_codebook(tmp_path / "codes.qdc", CODES, "Analysis")
    book = peer.RefiCodebook.load(tmp_path / "codes.qdc")
    cost, fear = book.codes.code
    assert (cost.name, cost.description, cost.color) == ("cost", CODES[0].definition, "#1b6ca8")
    assert cost.code[0].description == 'A "price" <per user>'
    assert fear.is_codable


@pytest.mark.peer
def test_project_is_read_by_pyrefiqda(tmp_path):
    peer = pytest.importorskip("pyrefiqda")
    out = tmp_path / "unpacked"
    project = peer.RefiProject.load(write(tmp_path / "p.qdpx"), extract_dir=str(out))
    assert project.name == "Interviews"
    assert sorted(u.name for u in project.users.user) == ["Coder A", "Coder B"]
    names = {c.guid: c.name for top in project.code_book.codes.code for c in (top, *top.code)}
    first, second = project.sources.text_source
    path = peer.RefiProject.resolve_source_path(first.plain_text_path, out)
    text = path.read_text(encoding="utf-8")
    assert text == TEXT
    read = [
        (text[s.start_position : s.end_position], [names[c.code_ref.target_guid] for c in s.coding])
        for s in first.plain_text_selection
    ]
    assert read == [("Prisen er ukjent.", ["price", "fear"]), (TEXT[18:], ["fear"])]
    assert second.plain_text_selection == []


def test_same_content_gives_the_same_bytes(tmp_path):
    first, second = write(tmp_path / "a.qdpx"), write(tmp_path / "b.qdpx")
    assert first.read_bytes() == second.read_bytes()


def test_every_reference_has_a_target(tmp_path):
    with zipfile.ZipFile(write(tmp_path / "p.qdpx")) as archive:
        root = ET.fromstring(archive.read("project.qde"))
        stored = set(archive.namelist())
    ids = [e.get("guid") for e in root.iter() if e.get("guid")]
    assert len(ids) == len(set(ids))
    wanted = {e.get(k) for e in root.iter() for k in ("creatingUser", "targetGUID") if e.get(k)}
    assert wanted <= set(ids)
    for source in root.iter("{urn:QDA-XML:project:1.0}TextSource"):
        assert source.get("plainTextPath").replace("internal://", "sources/") in stored


@pytest.mark.parametrize(
    ("codes", "sources", "when", "message"),
    [
        ([], [], WHEN, "codes: at least one is needed"),
        ([Code(" ")], [], WHEN, "a name must not be empty"),
        ([Code("a", children=(Code("a"),))], [], WHEN, "'a' is used twice"),
        ([Code("a", color="red")], [], WHEN, "'red': must be #rrggbb"),
        (CODES, [Source("s", "x"), Source("s", "y")], WHEN, "each name may be used once"),
        (
            CODES,
            [Source("s", "abc", (Passage(1, 9, ("fear",), "A"),))],
            WHEN,
            r"\(1, 9\): must lie",
        ),
        (CODES, [Source("s", "abc", (Passage(0, 2, (), "A"),))], WHEN, "codes: at least one"),
        (CODES, [Source("s", "abc", (Passage(0, 2, ("x",), "A"),))], WHEN, "'x': must be in the"),
        (CODES, [], datetime(2022, 3, 1), "must carry a time zone"),
    ],
)
def test_bad_input_is_refused(tmp_path, codes, sources, when, message):
    with pytest.raises(ValueError, match=message):
        write_project(tmp_path / "p.qdpx", "n", codes, sources, when, "o")
    assert not (tmp_path / "p.qdpx").exists()
