"""Pages as images: the words of a search are boxed, and hostile files harm nobody."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.serving.pdfs import amber, pdf, word_box
from tests.serving.test_api import problem

pytestmark = pytest.mark.slow

PAGES = [[(72, 700, "Lighthouse keepers"), (72, 300, "keep their lamps")], [(72, 700, "Second sheet")]]


@pytest.fixture(scope="module")
def document(uploads):
    return uploads.add("lighthouse.pdf", pdf(*PAGES))


def draw(uploads, document, number=1, status=200, **query):
    response = uploads.client.get(f"/v1/documents/{document['id']}/pages/{number}.png", params=query)
    assert response.status_code == status, response.text
    if status != 200:
        return response
    assert response.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(response.content))


def test_a_page_is_as_wide_as_asked(uploads, document):
    assert draw(uploads, document).size == (1000, 1295)
    assert draw(uploads, document, width=306).size == (306, 396)
    problem(draw(uploads, document, width=2401, status=400), 400, "invalid-request")


def test_the_words_of_a_query_are_boxed_and_no_others(uploads, document):
    picture = draw(uploads, document, q="a lighthouse", width=612)
    assert amber(word_box(picture, 72, 700, 110)) > 500
    assert amber(word_box(picture, 205, 700, 100)) == 0
    assert amber(word_box(picture, 72, 300, 300)) == 0
    assert amber(draw(uploads, document, width=612)) == 0


def test_words_are_boxed_in_their_other_forms_as_a_search_finds_them(uploads, document):
    picture = draw(uploads, document, q="keeping", width=612)
    assert amber(word_box(picture, 72, 300, 45)) > 200, "keep"
    assert amber(word_box(picture, 130, 300, 180)) == 0


def test_a_hits_span_can_be_boxed(uploads, document):
    text = uploads.client.get(f"/v1/documents/{document['id']}/text").json()["passages"][0]["text"]
    start = text.index("lamps")
    picture = draw(uploads, document, start=start, end=start + 5, width=612)
    assert amber(word_box(picture, 185, 300, 70)) > 200
    assert amber(word_box(picture, 72, 300, 100)) == 0
    assert amber(word_box(picture, 72, 700, 300)) == 0


def test_personal_data_is_black_where_asked_and_the_rest_stays(uploads):
    document = uploads.add("letter.pdf", pdf([(72, 700, "Write to anna.jensen@example.com"), (72, 300, "The harbour")]))
    plain, picture = draw(uploads, document, width=612), draw(uploads, document, width=612, redact=True)
    address, rest = (130, 700, 180), (72, 300, 120)
    assert black(word_box(picture, *address)) > 0.5 > 0.2 > black(word_box(plain, *address))
    assert word_box(picture, *rest).tobytes() == word_box(plain, *rest).tobytes()


def test_a_page_whose_words_have_no_place_is_not_shown_as_redacted(uploads):
    image = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(image, "PNG")
    document = uploads.add("photo.png", image.getvalue())
    refused = draw(uploads, document, status=409, redact=True)
    assert "cannot be redacted" in refused.json()["detail"] or "not known" in refused.json()["detail"]


def test_a_page_on_which_nothing_was_read_is_not_shown_as_redacted(uploads):
    document = uploads.add("half.pdf", pdf([(72, 700, "The first sheet")], []))
    assert draw(uploads, document, number=2, width=612).size == (612, 792)
    problem(draw(uploads, document, number=2, status=409, redact=True), 409, "conflict")


def black(picture):
    """The share of black pixels."""
    histogram = picture.convert("L").histogram()
    return sum(histogram[:16]) / sum(histogram)


def test_a_query_that_is_not_on_the_page_boxes_nothing(uploads, document):
    assert amber(draw(uploads, document, q="submarine")) == 0
    assert amber(draw(uploads, document, number=2, q="lighthouse")) == 0


@pytest.mark.parametrize("number", [3, 1000])
def test_beyond_the_last_page_is_nothing(uploads, document, number):
    problem(draw(uploads, document, number=number, status=404), 404, "not-found")


def test_a_reader_that_has_the_image_is_told_so(uploads, document):
    url = f"/v1/documents/{document['id']}/pages/1.png"
    etag = uploads.client.get(url).headers["etag"]
    assert uploads.client.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert uploads.client.get(url, params={"q": "lamps"}, headers={"If-None-Match": etag}).status_code == 200


def test_a_browser_gets_the_same_pixels_in_fewer_bytes(uploads, document):
    path, query = f"/v1/documents/{document['id']}/pages/1.png", {"q": "lighthouse", "width": 612}
    plain = uploads.client.get(path, params=query)
    small = uploads.client.get(path, params=query, headers={"Accept": "image/avif,image/webp,*/*"})
    assert (plain.headers["content-type"], small.headers["content-type"]) == ("image/png", "image/webp")
    assert {plain.headers["vary"], small.headers["vary"]} == {"Accept"}
    assert small.headers["etag"] != plain.headers["etag"]
    assert len(small.content) < len(plain.content)
    images = [Image.open(io.BytesIO(response.content)).convert("RGB") for response in (plain, small)]
    assert images[0].tobytes() == images[1].tobytes()


def test_an_image_is_its_own_page(uploads):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "JPEG")
    document = uploads.add("teal.jpg", buffer.getvalue())
    picture = draw(uploads, document)
    assert picture.size == (300, 200)
    assert picture.convert("RGB").getpixel((150, 100)) == pytest.approx((0, 128, 128), abs=3)
    assert draw(uploads, document, width=150).size == (150, 100)


def test_formats_without_pages_say_so(uploads):
    document = uploads.add("plain.txt", b"no pages here")
    problem(draw(uploads, document, status=422), 422, "no-pages")


def test_a_damaged_file_is_a_problem_and_the_next_is_drawn(uploads, document):
    damaged = uploads.add("damaged-page.pdf", b"%PDF-1.7\nnothing to draw")
    problem(draw(uploads, damaged, status=422), 422, "damaged")
    assert draw(uploads, document).size == (1000, 1295)


@pytest.mark.parametrize("size", [(14400, 10), (10, 14400)])
def test_a_page_of_odd_proportions_stays_small(uploads, size):
    odd = uploads.add(f"odd-{size[0]}.pdf", pdf([(1, 1, "odd")], size=size))
    picture = draw(uploads, odd, width=2400)
    assert picture.width * picture.height <= 1.01 * (1 << 24)
