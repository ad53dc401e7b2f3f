"""wechatpy, the second implementation of WeCom, against the simulator.

First as an app: token, template card, callback address, a tap, a passive reply, an update, a sign-in code, a JS-SDK
ticket. Then, given `--open`, as a reader of envelopes that somebody else sealed.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto

from control import control, eventually, finish, press, violations

CORPORATION, SECRET, TOKEN, AES_KEY, AGENT = sys.argv[2:7]
crypto = WeChatCrypto(TOKEN, AES_KEY, CORPORATION)


def open_only():
    """Opens an encrypted XML reply from standard input and prints what it says."""
    import xmltodict

    outer = xmltodict.parse(sys.stdin.read())["xml"]
    envelope = "<xml><ToUserName/><Encrypt><![CDATA[" + outer["Encrypt"] + "]]></Encrypt></xml>"
    plain = crypto.decrypt_message(envelope, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
    print(plain if isinstance(plain, str) else plain.decode())


class Client(WeChatClient):
    API_BASE_URL = sys.argv[1] + "/cgi-bin/"

    def fetch_access_token(self):
        parameters = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=self.API_BASE_URL + "gettoken", params=parameters)


taps = []


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        echo = crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        self.answer(echo.encode() if isinstance(echo, str) else echo)

    def do_POST(self):
        import xmltodict

        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        body = self.rfile.read(int(self.headers["content-length"]))
        plain = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        event = xmltodict.parse(plain)["xml"]
        taps.append(event)
        reply = (
            f"<xml><ToUserName><![CDATA[{event['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{CORPORATION}]]></FromUserName><CreateTime>{query['timestamp']}</CreateTime>"
            "<MsgType><![CDATA[update_button]]></MsgType>"
            "<Button><ReplaceName><![CDATA[已同意]]></ReplaceName></Button></xml>"
        )
        self.answer(crypto.encrypt_message(reply, query["nonce"], query["timestamp"]).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def check():
    base = sys.argv[1]
    server = HTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/callback"
    set_up = control(base, "/_sim/callback", {"platform": "wecom", "url": url})
    assert set_up["set"], set_up

    client = Client(CORPORATION, SECRET)
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "张三的报销", "desc": "待处理"},
        "horizontal_content_list": [{"keyname": "金额", "value": "¥1,000.00"}],
        "card_action": {"type": 1, "url": "https://suanpan.example/1"},
        "task_id": "by-wechatpy",
        "button_list": [{"text": "同意", "style": 1, "key": "yes"}, {"text": "拒绝", "style": 2, "key": "no"}],
    }
    sent = client.post(
        "message/send",
        data={"touser": "Boss", "msgtype": "template_card", "agentid": int(AGENT), "template_card": card},
    )
    assert sent["errcode"] == 0 and sent["response_code"], sent
    pressed = press(base, "wecom", "by-wechatpy", "Boss", "approve")
    assert pressed["answer"]["button"] == "已同意", pressed
    assert taps[0]["EventKey"] == "yes" and taps[0]["TaskId"] == "by-wechatpy", taps
    updated = client.post(
        "message/update_template_card",
        data={
            "userids": ["boss"],
            "agentid": int(AGENT),
            "response_code": taps[0]["ResponseCode"],
            "button": {"replace_name": "已归档"},
        },
    )
    assert updated["errcode"] == 0, updated
    phone = control(base, "/_sim/phones?user=boss")["cards"]
    assert [one["notice"] for one in phone if one["platform"] == "wecom"] == ["已归档"], phone

    code = control(base, "/_sim/code", {"platform": "wecom", "user": "lisi"})["code"]
    assert client.oauth.get_user_info(code)["UserId"] == "lisi"
    assert client.jsapi.get_jsapi_ticket() == "TICKET"
    assert violations(base) == [], violations(base)


if "--open" in sys.argv:
    open_only()
else:
    finish(check)
