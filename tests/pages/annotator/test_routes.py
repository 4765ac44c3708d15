"""What the annotator's server answers: photos by number, answers kept, sentences."""

import io
from types import SimpleNamespace

import pytest
import requests
from PIL import Image

from mistakes import UserMistake
from pages.annotator.routes import make_routes
from pages.server import TOKEN_HEADER, build_app
from tests.served import serving

TOKEN = "a-token"
FACTS = {
    "question": "<a building?>",
    "factors": None,
    "isGrid": False,
    "person": "ada",
    "isLocal": True,
}


class Desk:
    """Hands out the photos of a folder in order, and keeps what it is given."""

    photos = ("wide.png", "broken.jpg")
    total = 2
    answered_count = 0

    def __init__(self):
        self.taken = []

    def hand_out(self, person, count, is_same_guess=False):
        shown = SimpleNamespace(why=f"for {person}", guess="yes")
        return [(number, shown) for number in range(2)][:count]

    def take(self, person, answers):
        if answers[0][0] > 1:
            raise UserMistake(f"there is no photo {answers[0][0]}")
        self.taken.append((person, answers))
        self.answered_count += 1

    def trail(self, person):
        return [(1, "no")]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    Image.new("RGB", (3000, 1500), "red").save(folder / "wide.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    desk = Desk()
    app = build_app(make_routes(desk, [folder] * 2, FACTS, TOKEN), TOKEN)
    with serving(app) as address:
        yield address, desk


def post(address, what, **body):
    headers = {TOKEN_HEADER: TOKEN}
    return requests.post(f"{address}/{what}", json=body, headers=headers, timeout=5)


def test_the_page_asks_its_question_escaped(served):
    page = requests.get(served[0], timeout=5).text
    assert "<h1>&lt;a building?&gt;</h1>" in page


@pytest.mark.parametrize(
    ("size", "shape"), [("small", (1024, 512)), ("full", (3000, 1500))]
)
def test_a_photo_is_shown_small_or_whole(served, size, shape):
    answer = requests.get(f"{served[0]}/photo/0/{size}", timeout=5)
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("JPEG", shape)


@pytest.mark.parametrize(
    ("place", "status"),
    [("1/small", 400), ("2/small", 404), ("0/huge", 404), ("../etc/passwd", 404)],
)
def test_what_cannot_be_shown_is_a_sentence(served, place, status):
    answer = requests.get(f"{served[0]}/photo/{place}", timeout=5)
    assert answer.status_code == status
    assert answer.text and "Traceback" not in answer.text


def test_photos_are_handed_out_and_answers_taken(served):
    address, desk = served
    found = post(address, "next", person=" ada ", count=1).json()
    assert found["photos"] == [{"number": 0, "why": "for ada", "guess": "yes"}]
    assert (found["answered"], found["total"]) == (0, 2)
    taken = post(address, "answers", person="ada", answers=[[0, "yes"], [1, None]])
    assert taken.json()["answered"] == 1
    assert desk.taken == [("ada", [(0, "yes"), (1, None)])]
    assert post(address, "trail", person="ada").json()["trail"] == [[1, "no"]]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("next", {}),
        ("next", {"person": ""}),
        ("next", {"person": "x" * 61}),
        ("next", {"person": "ada", "count": "many"}),
        ("next", {"person": "ada", "count": 65}),
        ("answers", {"person": "ada"}),
        ("answers", {"person": "ada", "answers": [1]}),
        ("answers", {"person": "ada", "answers": [[9, "yes"]]}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(served, what, body):
    answer = post(served[0], what, **body)
    assert answer.status_code == 400
    assert answer.text and "\n" not in answer.text
