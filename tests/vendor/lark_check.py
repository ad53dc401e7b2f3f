"""lark-oapi, Feishu's own SDK, against the simulator: token, card, a verified and decrypted tap, an update."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import lark_oapi as lark
from lark_oapi.api.im.v1 import (
    CreateMessageRequest,
    CreateMessageRequestBody,
    PatchMessageRequest,
    PatchMessageRequestBody,
)
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse

from control import control, finish, press, violations

BASE, APP_ID, APP_SECRET, ENCRYPT_KEY, VERIFICATION_TOKEN = sys.argv[1:6]
taps = []


def tapped(event):
    taps.append(event.event.action.value)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "已同意"}})


dispatcher = (
    lark.EventDispatcherHandler.builder(ENCRYPT_KEY, VERIFICATION_TOKEN)
    .register_p2_card_action_trigger(tapped)
    .build()
)


class App(BaseHTTPRequestHandler):
    def do_POST(self):
        request = RawRequest()
        request.uri = self.path
        request.body = self.rfile.read(int(self.headers["content-length"]))
        # The SDK looks for the names in this spelling; HTTP itself does not mind.
        request.headers = {name.title(): value for name, value in self.headers.items()}
        answer = dispatcher.do(request)
        self.send_response(answer.status_code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_):
        pass


def card(status):
    value = {"action": "approve", "token": "yes", "card": "by-lark"}
    button = {"tag": "button", "text": {"tag": "plain_text", "content": "同意"}, "value": value}
    return json.dumps(
        {
            "config": {"update_multi": True},
            "header": {"title": {"tag": "plain_text", "content": "张三的报销"}},
            "elements": [{"tag": "markdown", "content": status}, {"tag": "action", "actions": [button]}],
        }
    )


def check():
    server = HTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/callback"
    set_up = control(BASE, "/_sim/callback", {"platform": "feishu", "url": url})
    assert set_up["set"], set_up

    client = lark.Client.builder().app_id(APP_ID).app_secret(APP_SECRET).domain(BASE).build()
    body = (
        CreateMessageRequestBody.builder()
        .receive_id("ou_boss")
        .msg_type("interactive")
        .content(card("待处理"))
        .uuid("by-lark")
        .build()
    )
    request = CreateMessageRequest.builder().receive_id_type("open_id").request_body(body).build()
    sent = client.im.v1.message.create(request)
    assert sent.success(), (sent.code, sent.msg)
    pressed = press(BASE, "feishu", "by-lark", "ou_boss", "approve")
    assert pressed["status"] == 200 and pressed["answer"]["toast"]["content"] == "已同意", pressed
    assert taps[0]["token"] == "yes", taps
    body = PatchMessageRequestBody.builder().content(card("已归档")).build()
    request = PatchMessageRequest.builder().message_id(sent.data.message_id).request_body(body).build()
    patched = client.im.v1.message.patch(request)
    assert patched.success(), (patched.code, patched.msg)
    phone = control(BASE, "/_sim/phones?user=ou_boss")["cards"]
    assert "已归档" in json.dumps(phone, ensure_ascii=False), phone
    assert violations(BASE) == [], violations(BASE)


finish(check)
