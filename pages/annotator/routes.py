"""Answers the annotator's page: photos by their numbers, answers to them kept."""

import io
import json
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mistakes import UserMistake
from pages.uploads import read_body
from pictures.files import open_picture
from report.templates import open_templates

TEMPLATES = open_templates(Path(__file__).parent)
# The longer side of the copies that are shown, in pixels; `full` is whole.
SIDES = {"small": 1024, "full": None}
MOST_AT_ONCE = 64
MOST_BYTES = 100_000
LONGEST_PERSON = 60


def make_routes(desk, folders, facts, token):
    """Return the routes of the page.

    Args:
        desk: hands out photos and takes answers, as `Desk` does.
        folders: the folder that each of the desk's photos stands below.
        facts: what the page is told, ready for JSON.
        token: text that the page must send back.
    """

    async def page(request):
        words = {"facts": facts, "token": token}
        return HTMLResponse(TEMPLATES.get_template("page.html").render(words))

    handlers = {"next": hand_out, "answers": take, "trail": trail}
    posts = [
        Route(f"/{name}", partial(handler, desk), methods=["POST"])
        for name, handler in handlers.items()
    ]
    photo = partial(show, desk, folders)
    return [Route("/", page), Route("/photo/{number:int}/{size}", photo), *posts]


async def show(desk, folders, request):
    """Answer the number of a photo with a JPEG of it, upright."""
    number, size = request.path_params["number"], request.path_params["size"]
    if number >= len(desk.photos) or size not in SIDES:
        raise HTTPException(404, "there is no such photo")
    path = folders[number] / desk.photos[number]
    return Response(
        await run_in_threadpool(_as_jpeg, path, SIDES[size]), 200, None, "image/jpeg"
    )


def _as_jpeg(path, side):
    picture = open_picture(path, at_least=side)
    if side is not None:
        picture.thumbnail((side, side))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=88)
    return content.getvalue()


async def hand_out(desk, request):
    """Answer with the next photos of a person, and how far all are."""
    wanted = await _read(request)
    count = wanted.get("count")
    if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise HTTPException(400, f"expected a count from 1 to {MOST_AT_ONCE}")
    shown = await run_in_threadpool(
        desk.hand_out, wanted["person"], count, bool(wanted.get("isGrid"))
    )
    photos = [
        {"number": number, "why": one.why, "guess": one.guess} for number, one in shown
    ]
    return JSONResponse({"photos": photos, **_progress(desk)})


async def take(desk, request):
    """Keep answers: pairs of a number and the answer; null skips the photo."""
    wanted = await _read(request)
    try:
        answers = [(int(number), answer) for number, answer in wanted["answers"]]
    except (KeyError, TypeError, ValueError):
        raise HTTPException(400, "expected pairs of a number and an answer") from None
    await run_in_threadpool(desk.take, wanted["person"], answers)
    return JSONResponse(_progress(desk))


async def trail(desk, request):
    """Answer with pairs of number and answer of what the person answered."""
    wanted = await _read(request)
    pairs = await run_in_threadpool(desk.trail, wanted["person"])
    return JSONResponse({"trail": pairs, **_progress(desk)})


async def _read(request):
    try:
        wanted = json.loads(await read_body(request, MOST_BYTES))
        person = " ".join(wanted["person"].split())
    except (ValueError, TypeError, KeyError, AttributeError):
        raise HTTPException(400, "expected the name of a person") from None
    if not person or len(person) > LONGEST_PERSON:
        raise UserMistake("say who answers: a name of up to 60 letters")
    return {**wanted, "person": person}


def _progress(desk):
    return {"answered": desk.answered_count, "total": desk.total}
