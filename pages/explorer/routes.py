"""Answers the explorer's page: pictures of codes, codes of pictures, names kept."""

import json
from functools import partial

import numpy as np
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pages.explorer.page import render
from pages.uploads import read_body, read_picture
from pictures.files import to_uint8
from run_folder import save_json

# Codes decoded for one request at most.
MOST_CODES = 256
LONGEST_NAME = 60


def make_routes(explored, token):
    """Return the routes of the page of an `ExploredRun`."""
    handlers = {"decode": decode, "encode": encode, "rename": rename}
    posts = [
        Route(f"/{name}", partial(handler, explored), methods=["POST"])
        for name, handler in handlers.items()
    ]

    async def page(request):
        return HTMLResponse(render(explored.named_facts(), token))

    return [Route("/", page), *posts]


async def decode(explored, request):
    """Answer float32 codes with uint8 pictures, both as raw bytes."""
    size = explored.facts["latentCount"]
    content = await read_body(request, 4 * size * MOST_CODES)
    if not content or len(content) % (4 * size):
        raise HTTPException(400, f"expected codes of {size} numbers each")
    codes = np.frombuffer(content, "<f4").reshape(-1, size)
    if not np.isfinite(codes).all():
        raise HTTPException(400, "a code holds a number that is not finite")
    pictures = await run_in_threadpool(explored.vae.decode, codes)
    return Response(to_uint8(pictures).tobytes())


async def encode(explored, request):
    """Answer a picture file with its code, float32, and its pixels, RGBA as uint8."""
    picture = await read_picture(request, explored.facts["side"], explored.facts["fit"])
    pixels = np.asarray(Image.fromarray(picture).convert("RGBA"))
    batch = pixels[None, ..., :3].astype(np.float32) / 255.0
    means, _ = await run_in_threadpool(explored.vae.encode, [batch])
    return Response(means[0].astype("<f4").tobytes() + pixels.tobytes())


async def rename(explored, request):
    """Keep the name that the user gives to a dimension; an empty one is taken back."""
    try:
        wanted = json.loads(await read_body(request, 2000))
        slider, name = wanted["id"], " ".join(wanted["name"].split())
    except (ValueError, TypeError, KeyError, AttributeError):
        raise HTTPException(400, "expected the id of a slider and a name") from None
    if slider not in {known["id"] for known in explored.facts["sliders"]}:
        raise HTTPException(400, f"there is no dimension {slider!r}")
    names = explored.folder.read_names()
    names.pop(slider, None)
    if name:
        names[slider] = name[:LONGEST_NAME]
    save_json(explored.folder.names, names)
    return Response(status_code=204)
