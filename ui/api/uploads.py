"""Files on their way in: to temporary files under names of ours; what the client calls them is only shown."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from index import readers
from index.errors import BadInput
from index.handed import Handed

MANY = 100
"""Files in one request."""
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MANY,
                        }
                    },
                }
            }
        },
    }
}


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Sequence[Handed]]:
    """The files of a form, which are gone afterwards.

    Raises BadInput if there is none, HTTPException for what is no such form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415, f"files come as multipart/form-data, not as {kind[:60] or 'nothing'}")
    async with request.form(max_files=MANY, max_fields=MANY) as form:
        sent = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not sent:
            raise BadInput('the form holds no file; send at least one as its field "file"')
        folder = Path(await anyio.to_thread.run_sync(tempfile.mkdtemp, None, "citedesk-upload-"))
        try:
            yield await anyio.to_thread.run_sync(_stored, sent, folder)
        finally:
            await anyio.to_thread.run_sync(shutil.rmtree, folder, True)


def _stored(sent: Sequence[UploadFile], folder: Path) -> list[Handed]:
    files: list[Handed] = []
    for number, part in enumerate(sent):
        label = shown_name(part.filename or "")
        path = folder / f"{number}{_ending(label)}"
        with path.open("xb") as file:
            shutil.copyfileobj(part.file, file)
        files.append(Handed(label, path))
    return files


def shown_name(given: str) -> str:
    """The last part of a name, fit to be shown; no path is ever made of it.

    >>> shown_name("../../etc/passwd"), shown_name("C:\\\\news\\\\a.txt"), shown_name("a\\0b.txt"), shown_name("")
    ('passwd', 'a.txt', 'a?b.txt', 'unnamed')
    """
    last = re.split(r"[/\\]", given)[-1]
    return "".join(c if c.isprintable() else "?" for c in last)[-200:] or "unnamed"


def _ending(label: str) -> str:
    """Of a name, if a reader knows it; otherwise what is left of it to be named in the report."""
    ending = readers.suffix(Path(label))
    return ending if ending in readers.READERS else re.sub(r"[^a-z0-9.]", "", ending)[:20]
