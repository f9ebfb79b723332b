"""The policy lets in the site and nothing else, and the pages get their repairs once."""

from __future__ import annotations

import base64
import hashlib

import pytest

from analysis.site.policy import MARK, REPAIRS, front_door, policy, repaired, with_policy

PAGE = (
    '<html><head><meta charset="utf-8"><title>t</title></head><body><script>go();</script>'
    '<script type="application/json">{"a": 1}</script><script src="x.js"></script></body></html>'
)


def directives(text: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in text.split("; ")}


def test_inline_scripts_are_allowed_by_hash_alone():
    digest = base64.b64encode(hashlib.sha256(b"go();").digest()).decode()
    assert directives(policy(PAGE))["script-src"] == ["'self'", f"'sha256-{digest}'"]


def test_no_script_may_be_made_from_text_and_no_host_is_named():
    rules = directives(policy(PAGE))
    words = [word for sources in rules.values() for word in sources]
    assert "'unsafe-eval'" not in words
    assert "'unsafe-inline'" not in rules["script-src"]
    assert not [word for word in words if "//" in word or word in ("*", "http:", "https:")]
    assert rules["default-src"] == rules["connect-src"] == ["'self'"]
    assert rules["object-src"] == rules["base-uri"] == ["'none'"]


def test_the_policy_comes_before_everything_that_it_governs():
    page = with_policy(PAGE)
    assert page.index(MARK) < page.index("<title>")
    assert with_policy(page) == page


def test_a_page_without_charset_is_refused():
    with pytest.raises(ValueError, match="no <meta charset>"):
        with_policy("<html></html>")


def test_every_repair_is_made():
    before = "".join(first for first, _ in REPAIRS)
    after = repaired(before)
    for _, second in REPAIRS:
        assert second in after


def test_front_door_needs_no_script_and_escapes():
    page = with_policy(front_door("book/index.html", 'A & "B"', "<x>"))
    assert "<script" not in page
    assert 'url=book/index.html"' in page
    assert "A &amp; &quot;B&quot;" in page
    assert "<x>" not in page
