"""Exchange of coded interviews with qualitative analysis programs, in the REFI-QDA format.

A codebook becomes a ``.qdc`` file (one XML document), a project with its plain-text sources and
coded passages a ``.qdpx`` file (a zip archive). NVivo, ATLAS.ti, MAXQDA, QualCoder and others read
them. Identifiers derive from names, so the same content always gives the same bytes.

Source: REFI-QDA Standard 1.5 (2019), Rotterdam Exchange Format Initiative, qdasoftware.org.
"""

from __future__ import annotations

import re
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

_CODEBOOK = "urn:QDA-XML:codebook:1.0"
_PROJECT = "urn:QDA-XML:project:1.0"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, _PROJECT)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # earliest time a zip entry can carry


@dataclass(frozen=True)
class Code:
    """A code: unique name, definition, optional colour ``#rrggbb``, and the codes below it."""

    name: str
    definition: str = ""
    color: str | None = None
    children: tuple[Code, ...] = ()


@dataclass(frozen=True)
class Passage:
    """Characters from ``start`` up to, not including, ``end``, with the codes of one coder."""

    start: int
    end: int
    codes: tuple[str, ...]
    coder: str


@dataclass(frozen=True)
class Source:
    """A plain text and its coded passages."""

    name: str
    text: str
    passages: tuple[Passage, ...] = ()


def write_codebook(path: str | Path, codes: Sequence[Code], origin: str) -> None:
    """Write a ``.qdc`` codebook; ``origin`` names the producer.

    Raises ValueError for no codes, a name that is empty or used twice, or a colour not ``#rrggbb``.
    """
    _names(codes)
    root = ET.Element("CodeBook", {"xmlns": _CODEBOOK, "origin": origin})
    _add_codes(ET.SubElement(root, "Codes"), codes)
    Path(path).write_bytes(_bytes(root))


def write_project(
    path: str | Path,
    name: str,
    codes: Sequence[Code],
    sources: Sequence[Source],
    created: datetime,
    origin: str,
) -> None:
    """Write a ``.qdpx`` project with its sources; ``created`` stamps every record.

    Raises ValueError for a bad codebook (see :func:`write_codebook`), a source name used twice, a
    passage outside its text or without codes, an unknown code, or a ``created`` without time zone.
    """
    if created.tzinfo is None:
        raise ValueError(f"created = {created}: must carry a time zone")
    known = _names(codes)
    titles = [source.name for source in sources]
    if len(set(titles)) != len(titles):
        raise ValueError(f"sources are named {titles}: each name may be used once")
    coders = sorted({p.coder for source in sources for p in source.passages}) or [origin]
    stamp = created.isoformat(timespec="seconds")
    root = ET.Element("Project", {
        "xmlns": _PROJECT, "name": name, "origin": origin,
        "creatingUserGUID": _guid("user", coders[0]), "creationDateTime": stamp,
    })  # fmt: skip
    users = ET.SubElement(root, "Users")
    for coder in coders:
        ET.SubElement(users, "User", {"guid": _guid("user", coder), "name": coder})
    _add_codes(ET.SubElement(ET.SubElement(root, "CodeBook"), "Codes"), codes)
    if sources:
        listed = ET.SubElement(root, "Sources")
        for source in sources:
            _add_source(listed, source, known, coders[0], stamp)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("project.qde", _EPOCH), _bytes(root))
        for source in sources:
            entry = zipfile.ZipInfo(f"sources/{_guid('text', source.name)}.txt", _EPOCH)
            archive.writestr(entry, source.text.encode())


def _add_source(
    parent: ET.Element, source: Source, known: set[str], owner: str, stamp: str
) -> None:
    record = ET.SubElement(parent, "TextSource", {
        "guid": _guid("source", source.name), "name": source.name,
        "plainTextPath": f"internal://{_guid('text', source.name)}.txt",
        "creatingUser": _guid("user", owner), "creationDateTime": stamp,
    })  # fmt: skip
    for number, passage in enumerate(source.passages):
        where = f"sources[{source.name!r}].passages[{number}]"
        if not 0 <= passage.start < passage.end <= len(source.text):
            raise ValueError(
                f"{where} = ({passage.start}, {passage.end}): must lie within"
                f" 0..{len(source.text)}, start before end"
            )
        if not passage.codes:
            raise ValueError(f"{where}.codes: at least one is needed")
        key = f"{source.name}/{number}"
        by = {"creatingUser": _guid("user", passage.coder), "creationDateTime": stamp}
        selection = ET.SubElement(record, "PlainTextSelection", {
            "guid": _guid("selection", key), "name": f"{source.name} {number + 1}",
            "startPosition": str(passage.start), "endPosition": str(passage.end), **by,
        })  # fmt: skip
        for code in passage.codes:
            if code not in known:
                raise ValueError(f"{where}.codes = {code!r}: must be in the codebook")
            coding = ET.SubElement(
                selection, "Coding", {"guid": _guid("coding", f"{key}/{code}"), **by}
            )
            ET.SubElement(coding, "CodeRef", {"targetGUID": _guid("code", code)})


def _add_codes(parent: ET.Element, codes: Sequence[Code]) -> None:
    for code in codes:
        marks = {"guid": _guid("code", code.name), "name": code.name, "isCodable": "true"}
        if code.color:
            marks["color"] = code.color
        record = ET.SubElement(parent, "Code", marks)
        if code.definition:
            ET.SubElement(record, "Description").text = code.definition
        _add_codes(record, code.children)


def _names(codes: Sequence[Code]) -> set[str]:
    every = list(_walk(codes))
    if not every:
        raise ValueError("codes: at least one is needed")
    seen: set[str] = set()
    for code in every:
        if not code.name.strip():
            raise ValueError("codes: a name must not be empty")
        if code.name in seen:
            raise ValueError(f"codes: {code.name!r} is used twice; names identify codes")
        if code.color and not re.fullmatch(r"#[0-9A-Fa-f]{6}", code.color):
            raise ValueError(f"codes[{code.name!r}].color = {code.color!r}: must be #rrggbb")
        seen.add(code.name)
    return seen


def _walk(codes: Sequence[Code]) -> Iterator[Code]:
    for code in codes:
        yield code
        yield from _walk(code.children)


def _guid(kind: str, key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}"))


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
