"""One spelling for every address that reaches the same mailbox, and words for those that reach none."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import AddressNotUsable, ascii_email, lenient_email, mailbox, normalise_email
from core.fields import EmailField


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("post@MÜNCHEN.example", "post@münchen.example"),
        ("post@xn--mnchen-3ya.example", "post@münchen.example"),
        ("post@XN--MNCHEN-3YA.example", "post@münchen.example"),
        ("post@mu\u0308nchen.example", "post@münchen.example"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("post@straße.example", "post@straße.example"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("post@例子。广告", "post@例子.广告"),
        ("ada@example.org\u200b", "ada@example.org"),
        ("\ufeff ada@example.org\u2060\xa0", "ada@example.org"),
        ("\u202aada@example.org\u202c", "ada@example.org"),
    ],
)
def test_all_spellings_of_an_address_are_one(written: str, one: str) -> None:
    assert normalise_email(written) == one
    assert EmailField().clean(written) == one


@pytest.mark.parametrize(
    "text",
    [
        "", "ada", "ada@", "@example.org", "ada@example", "ada@@example.org", "ada@exa mple.org", "ada@-a.org",
        "Ada <ada@example.org>", "ada@[127.0.0.1]", '"a b"@example.org', "ada@example..org",
        "ada@" + "a." * 140 + "org", "a\u200bda@example.org", "ada@exam\u00adple.org", "ada\n@example.org",
        "ada@example.org\nBcc: bob@example.org", "\ud800@example.org", "ada@xn--a.example", "ada@☃\u202e.example",
        "a\0b@example.org", "ada@localhost", "x" * 1_000_000,
    ],
)  # fmt: skip
def test_what_reaches_nobody_is_refused_in_words(text: str) -> None:
    with pytest.raises(AddressNotUsable) as refused:
        normalise_email(text)
    assert refused.value.message.endswith(".")


@given(st.text(max_size=80) | st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=30)))
def test_no_text_trips_it_and_the_one_spelling_is_stable(text: str) -> None:
    lenient_email(text)
    mailbox(text)
    try:
        once = normalise_email(text)
    except AddressNotUsable:
        return
    assert normalise_email(once) == once
    assert normalise_email(unicodedata.normalize("NFD", once)) == once


def test_a_mail_server_of_ascii_gets_the_encoded_domain_or_is_told() -> None:
    assert ascii_email("post@münchen.example") == "post@xn--mnchen-3ya.example"
    with pytest.raises(AddressNotUsable):
        ascii_email("用户@例子.广告")


def test_spellings_that_reach_one_mailbox_count_as_one() -> None:
    assert mailbox("Ada+cars@Example.org") == mailbox("ada@example.org") == "ada@example.org"
    assert mailbox("a.d.a+1@googlemail.com") == mailbox("ada@gmail.com")
    assert mailbox("+ada@example.org") == "+ada@example.org"
    assert mailbox("no address") == "no address"
