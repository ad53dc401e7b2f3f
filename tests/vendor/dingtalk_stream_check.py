"""Checks the DingTalk simulator with DingTalk's own Python SDK.

Usage: dingtalk_stream_check.py BASE_URL CLIENT_ID CLIENT_SECRET TEMPLATE

The SDK opens the stream, creates and delivers a card, answers a tap, updates the card, and opens a second socket after
a `disconnect`. The simulator must agree with every step and record no violation. Prints OK and exits with 0.
"""

import asyncio
import json
import logging
import os
import sys
import urllib.request
from types import SimpleNamespace

BASE, CLIENT_ID, CLIENT_SECRET, TEMPLATE = sys.argv[1:5]
# The SDK reads this when it is imported.
os.environ["DINGTALK_OPENAPI_ENDPOINT"] = BASE

import dingtalk_stream  # noqa: E402
from dingtalk_stream import AckMessage, CallbackHandler, Credential, DingTalkStreamClient  # noqa: E402
from dingtalk_stream.card_callback import Card_Callback_Router_Topic, CardCallbackMessage  # noqa: E402
from dingtalk_stream.card_replier import CardReplier  # noqa: E402

BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


class Approve(CallbackHandler):
    taps = []

    async def process(self, callback):
        tap = CardCallbackMessage.from_dict(callback.data)
        self.taps.append(tap)
        return AckMessage.STATUS_OK, {
            "cardUpdateOptions": BY_KEY,
            "cardData": {"cardParamMap": {"status": "已同意", "open": "false"}},
            "userPrivateData": {"cardParamMap": {"can_act": "false"}},
        }


async def eventually(what, so):
    for _ in range(1500):
        found = so()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("never: " + what)


def sockets():
    return [entry for entry in control("/_sim/log") if entry["call"] == "connect"]


async def check():
    client = DingTalkStreamClient(Credential(CLIENT_ID, CLIENT_SECRET), logging.getLogger("quiet"))
    client.register_callback_handler(Card_Callback_Router_Topic, Approve())
    running = asyncio.create_task(client.start())  # kept, so that it is not collected
    await eventually("a socket", lambda: client.websocket)

    message = SimpleNamespace(
        sender_id="s", sender_corp_id="c", conversation_id="conversation", message_id="m",
        conversation_type="1", sender_staff_id="boss", hosting_context=None,
    )
    replier = CardReplier(client, message)
    card_id = await asyncio.to_thread(
        replier.create_and_deliver_card,
        TEMPLATE,
        {"title": "张三的报销", "status": "待处理", "open": "true"},
        support_forward=False,
        privateData={"boss": {"cardParamMap": {"can_act": "true", "tok_approve": "the token"}}},
    )
    card = lambda: next(c for c in control("/_sim/cards") if c["outTrackId"] == card_id)
    assert card()["recipients"] == ["boss"], card()

    tap = {"outTrackId": card_id, "userId": "boss", "action": "approve"}
    [result] = await asyncio.to_thread(control, "/_sim/tap", tap)
    assert result["delivered"] and result["code"] == 200, result
    assert Approve.taps[0].content["cardPrivateData"]["params"]["token"] == "the token"
    assert card()["cardData"]["status"] == "已同意", card()
    assert card()["privateData"]["boss"]["can_act"] == "false", card()

    await asyncio.to_thread(
        replier.put_card_data, card_id, {"status": "已归档"}, cardUpdateOptions=BY_KEY
    )
    assert card()["cardData"] == {"title": "张三的报销", "status": "已归档", "open": "false"}, card()

    control("/_sim/fault", {"fault": "disconnect"})
    await eventually("a second socket", lambda: len(sockets()) == 2)
    assert not running.done()

    broken = [violation for entry in control("/_sim/log") for violation in entry["violations"]]
    assert broken == [], broken
    print("OK", flush=True)
    # The SDK swallows a cancellation and starts again, so the process ends here.
    os._exit(0)


try:
    asyncio.run(asyncio.wait_for(check(), 60))
except BaseException as error:  # noqa: BLE001: every failure is the result of this check
    print("FAILED", type(error).__name__, error, flush=True)
    os._exit(1)
