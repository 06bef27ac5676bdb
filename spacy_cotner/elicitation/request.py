"""One request to an LLM, and the key under which its answer is kept."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from .images import Picture, encode_picture
from .settings import ImageSettings

# Part of every key: a change in how requests are built must not find answers to other questions.
KEY_VERSION = 1


class Request(NamedTuple):
    """What is asked.

    key (str): Hash of everything that shapes the answer.
    grain (str): What the answer is for.
    body (Dict[str, Any]): The request as the protocol has it, without the picture.
    picture (Optional[Picture]): Encoded when the request is sent, so that waiting requests stay small.
    images (ImageSettings): How the picture is sent.
    text (str): The text it is about, for people who look into the store.
    image (Optional[str]): The picture it is about, likewise.
    """

    key: str
    grain: str
    body: dict[str, Any]
    picture: Picture | None
    images: ImageSettings
    text: str
    image: str | None

    def payload(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): The request with its picture.
        RAISES (BadPicture): If the picture can't be read.
        """
        if self.picture is None:
            return self.body
        *before, last = self.body["messages"]
        url = {"url": encode_picture(self.picture, self.images)}
        content = [{"type": "text", "text": last["content"]}, {"type": "image_url", "image_url": url}]
        return {**self.body, "messages": [*before, {**last, "content": content}]}


def build_request(
    grain: str,
    messages: list[dict[str, str]],
    params: dict[str, Any],
    *,
    text: str,
    image: str | None = None,
    picture: Picture | None = None,
    images: ImageSettings | None = None,
    fingerprint: str = "",
) -> Request:
    """Put a request together.

    grain (str): What the answer is for.
    messages (List[Dict[str, str]]): The rendered messages; the picture goes to the last one.
    params (Dict[str, Any]): Model and sampling parameters.
    text (str): The text it is about.
    image (Optional[str]): The name of the picture it is about.
    picture (Optional[Picture]): The picture to send.
    images (Optional[ImageSettings]): How to send it.
    fingerprint (str): Tells models of the same name apart.
    RETURNS (Request): The request.
    """
    images = images or ImageSettings()
    body = {**params, "messages": messages}
    shape: dict[str, Any] = {"version": KEY_VERSION, "body": body}
    if picture is not None:
        shape["picture"] = [picture.digest, images.max_side, images.quality]
    if fingerprint:
        shape["fingerprint"] = fingerprint
    key = hashlib.sha256(json.dumps(shape, sort_keys=True).encode("ascii")).hexdigest()
    return Request(key, grain, body, picture, images, text, image)
