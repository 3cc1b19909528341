"""What stands around every page: headers that protect it, and a look at the host."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from romnet_bench.study.pages import CSP
from romnet_bench.study.service import GET

_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the address of a page is its person's secret
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def guarded(app: ASGIApp) -> ASGIApp:
    """`app`, with the headers on every answer; a host that no browser sends is refused.

    Pages are not to be stored anywhere; an answer that says otherwise keeps its word.
    """

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        has_body = "transfer-encoding" in asked or asked.get("content-length", "0") != "0"

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                if has_body and (message["status"] >= 400 or scope["method"] in GET):
                    # Some of the body may be unread: nobody goes on sending what nobody wants.
                    headers["Connection"] = "close"
            await send(message)

        if scope["type"] == "http" and not _HOST.fullmatch(asked.get("host", "")):
            refusal = PlainTextResponse("This host is no name.\n", 400)
            await refusal(scope, receive, send_guarded)
            return
        await app(scope, receive, send_guarded)

    return respond
