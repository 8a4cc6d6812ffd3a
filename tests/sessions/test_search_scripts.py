"""Words of every script are found in a list and marked where they stand, whatever is written beside them."""

import pytest
from django.http import QueryDict
from django.utils.http import urlencode

from projects.models import Project
from sessions.listing.excerpts import found_in
from sessions.listing.listing import Listing
from sessions.query.compiling import terms_in
from sessions.search.scan import scan
from tests.sessions.test_search import indexed

FOUND = [
    ("新しいiPhone15を注文しました", "iphone15", "<mark>iPhone15</mark>"),
    ("新しいiPhone15を注文しました", "ipho* 注文", "<mark>iPhone15</mark>を<mark>注文</mark>"),
    ("新しいiPhone15を注文しました", "iphon*", "<mark>iPhone15</mark>を"),
    ("注文の配送が遅れています", "配送が遅れ", "<mark>配送が遅れ</mark>"),
    ("注文の配送が遅れています", "配*", "<mark>配</mark>送"),
    ("ﾊﾝｶｸの注文", "ハンカク", "<mark>ﾊﾝｶｸ</mark>"),
    ("我的包裹在哪里？请退款。", "退款 包裹", "<mark>包裹</mark>在哪里？请<mark>退款</mark>"),
    ("我的包裹在哪里？请退款。", "款", "<mark>款</mark>"),
    ("𠮷野家の領収書", "𠮷野", "<mark>𠮷野</mark>"),
    ("주문한 상품이 아직 오지 않았어요", "상품", "<mark>상품</mark>이"),
    ("주문한 상품이 아직 오지 않았어요", '"상품이 아직"', "<mark>상품이 아직</mark>"),
    ("ขอเงินคืนสำหรับการจัดส่งล่าช้า", "เงินคืน", "ขอ<mark>เงินคืน</mark>"),
    ("ขอเงินคืนสำหรับการจัดส่งล่าช้า", "ล่าช้า จัดส่ง", "<mark>จัดส่ง</mark><mark>ล่าช้า</mark>"),
    ("ขอเงินคืนสำหรับการจัดส่งล่าช้า", "เงิน*", "<mark>เงิน</mark>"),
    ("ສິນຄ້າຂອງຂ້ອຍຢູ່ໃສ", "ຂ້ອຍ", "<mark>ຂ້ອຍ</mark>"),
    ("ကျွန်ုပ်၏ပါဆယ်ဘယ်မှာလဲ", "ပါဆယ်", "<mark>ပါဆယ်</mark>"),
    ("កញ្ចប់របស់ខ្ញុំនៅឯណា", "ខ្ញុំ", "<mark>ខ្ញុំ</mark>"),
    ("मेरा पार्सल कहाँ है?", "पार्सल", "<mark>पार्सल</mark>"),
    ("أين الطَّرْد الخاص بي؟", "الخاص", "<mark>الخاص</mark>"),
    ("Где моя посылка?", "ПОСЫЛ*", "<mark>посылка</mark>"),
    ("¿Dónde están mis devoluciones?", "devol*", "<mark>devoluciones</mark>"),
    ("Wo ist die Straße?", "strasse", "<mark>Straße</mark>"),
]
NOT_FOUND = [
    ("Two refunds, please", "refund"),  # words are not cut to a stem
    ("注文の配送が遅れています", "送配"),
    ("ขอเงินคืน", "คืนเงิน"),
    ("주문한 상품이", '"상품 주문한"'),
]


@pytest.mark.parametrize(("said", "asked", "expected"), FOUND)
def test_words_of_every_script_are_found_and_marked(project: Project, said: str, asked: str, expected: str) -> None:
    (trace_id,) = indexed(project, "s", ((said, "OK"),))
    listing = Listing(project, QueryDict(urlencode({"q": asked})))

    assert [row.session_id for row in listing.rows] == ["s"], listing.errors
    (snippet,) = found_in(listing, listing.rows)["snippets"]["s"]
    assert snippet.trace_id == trace_id
    assert expected in snippet.html
    (hit, *_) = scan(project, terms_in(asked)).hits
    assert expected in hit.html


@pytest.mark.parametrize(("said", "asked"), NOT_FOUND)
def test_what_is_another_word_is_not_found(project: Project, said: str, asked: str) -> None:
    indexed(project, "s", ((said, "OK"),))

    assert Listing(project, QueryDict(urlencode({"q": asked}))).rows == []
